"""Themes: what programs are about, and on what terms the pools of each are built.

A theme allows some operations and gives others their chance to matter: timeouts that run out, or
that never do. So what goes wrong under it can be blamed on what it is about.
"""

from dataclasses import replace
from enum import Enum

from poolproof.spec import Capability
from poolproof.spec.model.events import PoolConfig

from ..programs.operations import PATIENT_S


class Theme(Enum):
    """What a program is about. Each allows some operations besides acquire and release."""

    QUEUE = "honest callers, with time to wait"
    TURNS = "callers that take turns on connections that are all idle"
    WAIT_IN_VAIN = "callers that wait in vain"
    ZERO_TIMEOUT = "callers that do not wait"
    NO_TIMEOUT = "callers that wait for ever"
    DROP = "holders that close their connection"
    BLOCK = "connections held for the length of a block"
    SECOND_RELEASE = "connections released twice"
    FOREIGN_RELEASE = "connections released to another pool"
    CROWD = "callers that come at once"
    CANCEL_WAITING = "callers that are cancelled while they wait"
    CANCEL_SERVED = "callers that are cancelled when a connection has been released for them"
    CANCEL_CONNECTING = "callers that are cancelled while they connect"
    CANCEL_RELEASING = "callers that are cancelled while they release"
    INTERRUPTED = "commands that are interrupted while their reply is on its way"
    GIVEN_UP = "commands whose client gives up waiting for the reply"
    CUT_IDLE = "connections that are cut while they are idle"
    CUT_HELD = "connections that are cut while they are in use"
    UNREAD = "connections that carry what nobody has read"
    SLOW_CONNECTS = "a server that keeps everybody waiting who connects"
    REFUSED = "a server that refuses everybody who connects, for a while"
    OUTAGE = "a server that is away for a while, with every connection cut"
    CLOSE = "pools that are closed while they are used"
    DISCONNECT = "pools that disconnect and go on"
    MAX_IDLE_TIME = "connections that are idle for longer than the pool was told to let them"
    MAX_LIFETIME = "connections that are open for longer than the pool was told to let them"
    MIN_IDLE = "pools that are to have connections open when nobody uses any"
    CALL_TIMEOUT = "callers that say how long they will wait"
    GRACEFUL_CLOSE = "pools that are closed and given time for those who hold connections"
    INSIDE = "connections released in the middle of another call"
    UNANSWERED = "connections released while a reply is outstanding"
    SHORT_SOCKET_TIMEOUT = "less patience with the server than with the pool"
    LONG_SOCKET_TIMEOUT = "more patience with the server than with the pool"


BRIEF_S = 0.03
"""A timeout that programs let run out, long enough to tell early, on time and late apart."""

BRIEFEST_S = 0.01
"""A timeout that matters only if the pool denies what it owes."""

SILENCE_S = 0.1
"""How long the server withholds a reply: between the two timeouts of the socket timeout themes."""


CANCELLING = frozenset(
    {
        Theme.CANCEL_WAITING,
        Theme.CANCEL_SERVED,
        Theme.CANCEL_CONNECTING,
        Theme.CANCEL_RELEASING,
    }
)
"""Themes of programs that cancel callers, each at a point of its own, so that the blame is clear."""

CROWDED = frozenset({Theme.CROWD, *CANCELLING, Theme.SLOW_CONNECTS, Theme.INSIDE})
"""Themes of programs in which several callers act at once."""

BREAKING = frozenset({Theme.CUT_IDLE, Theme.CUT_HELD, Theme.UNREAD})
"""Themes about single connections that break, or carry what is not meant for their next holder."""

REAL_TIME = frozenset(
    {Theme.UNANSWERED, Theme.SHORT_SOCKET_TIMEOUT, Theme.LONG_SOCKET_TIMEOUT, Theme.GIVEN_UP}
)
"""Themes about the time that the server takes, which no clock of ours can speed up."""

CROWD_S = 5.0
"""The timeout in a crowd, where the clock stands still until a program lets it pass."""

CLOSING = frozenset({Theme.CLOSE, Theme.DISCONNECT})
"""Themes of programs in which a whole pool is closed or disconnected."""

AGEING = frozenset({Theme.MAX_IDLE_TIME, Theme.MAX_LIFETIME})
"""Themes of programs in which connections grow too old, by a clock that a program sets."""

TIMED = AGEING | {Theme.MIN_IDLE}
"""Themes about what a pool does in time, by its own clock."""

IF_OFFERED = {
    Capability.CLOSE: Theme.CLOSE,
    Capability.DISCONNECT: Theme.DISCONNECT,
    Capability.MAX_IDLE_TIME: Theme.MAX_IDLE_TIME,
    Capability.MAX_LIFETIME: Theme.MAX_LIFETIME,
    Capability.MIN_IDLE: Theme.MIN_IDLE,
    Capability.CALL_TIMEOUT: Theme.CALL_TIMEOUT,
    Capability.GRACEFUL_CLOSE: Theme.GRACEFUL_CLOSE,
}
"""Themes about what a pool may offer or not, by what it must offer for them."""

OPTIONAL = frozenset(IF_OFFERED.values())

OLD_S = 60.0
"""How old they may become: so long that a pool may take many seconds to look for old ones."""

LONG_S = 2.5 * OLD_S
"""How much time passes so that all have grown too old."""

GRACE_S = 10.0
"""How long holders are given when a pool is closed."""

OUTAGES = frozenset({Theme.REFUSED, Theme.OUTAGE})
"""Themes of programs in which the server cannot be reached, for which pools connect to a proxy."""

ONLY_CONDUCTED = CROWDED | OUTAGES | OPTIONAL | {Theme.INTERRUPTED}
"""Themes of programs that need callers who do nothing unless they are let."""

PATIENT_WITH_OUTAGES_S = 120.0
"""The timeout in these: longer than a pool may sleep that tries to connect again from time to time, so
that who is not back by then has been forgotten."""

THEMES_OF_SOCKET_TIMEOUT = frozenset({Theme.SHORT_SOCKET_TIMEOUT, Theme.LONG_SOCKET_TIMEOUT})

SHARES = {
    Theme.WAIT_IN_VAIN: 3,
    Theme.SHORT_SOCKET_TIMEOUT: 6,
    Theme.LONG_SOCKET_TIMEOUT: 6,
    Theme.GIVEN_UP: 6,
    Theme.CLOSE: 2,
    Theme.GRACEFUL_CLOSE: 2,
}
"""Themes whose programs spend most of their time waiting get only one in so many of the programs."""

SURPLUS_CALLERS = {
    Theme.QUEUE: 8,
    Theme.NO_TIMEOUT: 4,
    Theme.ZERO_TIMEOUT: 4,
    Theme.WAIT_IN_VAIN: 3,
    Theme.SECOND_RELEASE: 1,
    Theme.FOREIGN_RELEASE: 1,
    Theme.CLOSE: 3,
    Theme.DISCONNECT: 3,
    Theme.REFUSED: 2,
    Theme.OUTAGE: 2,
    Theme.CUT_HELD: 2,
    Theme.UNREAD: 2,
    Theme.SHORT_SOCKET_TIMEOUT: 1,
    Theme.LONG_SOCKET_TIMEOUT: 1,
}
"""How many callers of a program may ask when all connections are in use, since most must wait."""


def themes_for(takes: frozenset[str], offers: frozenset[Capability]) -> tuple[Theme, ...]:
    """The themes that make sense for a pool, the most telling first."""
    crowded = [Theme.CROWD, Theme.SLOW_CONNECTS, Theme.CANCEL_WAITING, Theme.CANCEL_CONNECTING]
    if Capability.THREADS in offers:
        crowded.append(Theme.INSIDE)
    if Capability.ASYNCIO in offers:
        crowded += [Theme.CANCEL_SERVED, Theme.CANCEL_RELEASING]
    if Capability.CLIENT in offers:
        crowded.append(Theme.INTERRUPTED)
    themes = [Theme.QUEUE, Theme.TURNS, Theme.SECOND_RELEASE, Theme.FOREIGN_RELEASE, Theme.DROP]
    if "timeout" in takes:
        themes += [Theme.WAIT_IN_VAIN, Theme.NO_TIMEOUT, Theme.ZERO_TIMEOUT]
        if "socket_timeout" in takes:
            themes += sorted(THEMES_OF_SOCKET_TIMEOUT, key=lambda theme: theme.name)
    if "socket_timeout" in takes and {Capability.THREADS, Capability.CLIENT} <= offers:
        themes.append(Theme.GIVEN_UP)
    if Capability.CONTEXT_MANAGER in offers:
        themes.append(Theme.BLOCK)
    crowded += [theme for needed, theme in IF_OFFERED.items() if needed in offers]
    breaking = (Theme.CUT_IDLE, Theme.CUT_HELD, Theme.UNREAD)
    return (*themes, Theme.UNANSWERED, *crowded, *breaking, Theme.REFUSED, Theme.OUTAGE)


def terms_of(theme: Theme, max_connections: int, *, takes_timeout: bool) -> PoolConfig:
    """What the pools of a program are built with."""
    config = _timeouts_of(theme, max_connections, takes_timeout=takes_timeout)
    match theme:
        case Theme.MAX_IDLE_TIME:
            return replace(config, max_idle_time_s=OLD_S)
        case Theme.MAX_LIFETIME:
            return replace(config, max_lifetime_s=OLD_S)
        case Theme.MIN_IDLE:
            return replace(config, min_idle=1 + max_connections // 3)
        case _:
            return config


def _timeouts_of(theme: Theme, max_connections: int, *, takes_timeout: bool) -> PoolConfig:
    if not takes_timeout:
        socket_timeout_s = SILENCE_S if theme is Theme.GIVEN_UP else None
        return PoolConfig(max_connections, takes_timeout=False, socket_timeout_s=socket_timeout_s)
    match theme:
        case Theme.ZERO_TIMEOUT:
            return PoolConfig(max_connections, timeout_s=0.0)
        case Theme.NO_TIMEOUT:
            return PoolConfig(max_connections, timeout_s=None)
        case patient if patient in OPTIONAL | BREAKING | CROWDED | {Theme.INTERRUPTED}:
            return PoolConfig(max_connections, timeout_s=CROWD_S)
        case Theme.REFUSED | Theme.OUTAGE:
            return PoolConfig(max_connections, timeout_s=PATIENT_WITH_OUTAGES_S)
        case Theme.QUEUE | Theme.TURNS:
            return PoolConfig(max_connections, timeout_s=PATIENT_S)
        case Theme.SHORT_SOCKET_TIMEOUT:
            return PoolConfig(
                max_connections, timeout_s=1.2 * SILENCE_S, socket_timeout_s=0.3 * SILENCE_S
            )
        case Theme.LONG_SOCKET_TIMEOUT:
            return PoolConfig(max_connections, timeout_s=BRIEF_S, socket_timeout_s=2 * SILENCE_S)
        case Theme.GIVEN_UP:
            return PoolConfig(max_connections, timeout_s=PATIENT_S, socket_timeout_s=SILENCE_S)
        case Theme.WAIT_IN_VAIN:
            return PoolConfig(max_connections, timeout_s=BRIEF_S)
        case _:
            return PoolConfig(max_connections, timeout_s=BRIEFEST_S)
