"""Programs: what callers do to pools, one operation after another.

A program is a sequence of bursts; the driver starts the operations of a burst, lets the pools run
until nothing moves any more, and then goes on. The programs of today are sequential: a burst is one
operation. A caller that waits is the exception, it goes on waiting while others act.
"""

from dataclasses import dataclass
from enum import Enum

from poolproof.spec.events import Terms


@dataclass(frozen=True, slots=True)
class Build:
    """Build a pool."""

    pool: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class Acquire:
    """Ask the pool for a connection."""

    pool: str


@dataclass(frozen=True, slots=True)
class Release:
    """Give the connection that `acquire` got to a pool: to its own, again, or to another."""

    acquire: int
    to: str


@dataclass(frozen=True, slots=True)
class Use:
    """Send a command on the connection and read its reply."""

    acquire: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection while it is in use."""

    acquire: int


@dataclass(frozen=True, slots=True)
class RunBlock:
    """Hold a connection for the length of a ``with`` block, and leave the block."""

    pool: str
    leave_by: type[BaseException] | None


@dataclass(frozen=True, slots=True)
class ReleaseUnanswered:
    """Release the connection while the server still owes it a reply."""

    acquire: int


@dataclass(frozen=True, slots=True)
class AwaitReply:
    """Send a command whose reply the server withholds for a while, and wait for it."""

    acquire: int
    server_s: float


Operation = Build | Acquire | Release | Use | Drop | RunBlock | ReleaseUnanswered | AwaitReply


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
    UNANSWERED = "connections released while a reply is outstanding"
    SHORT_SOCKET_TIMEOUT = "less patience with the server than with the pool"
    LONG_SOCKET_TIMEOUT = "more patience with the server than with the pool"


BRIEF_S = 0.03
"""A timeout that programs let run out, long enough to tell early, on time and late apart."""

BRIEFEST_S = 0.01
"""A timeout that matters only if the pool denies what it owes."""

PATIENT_S = 0.3
"""A timeout within which programs release."""

SILENCE_S = 0.1
"""How long the server withholds a reply: between the two timeouts of the socket timeout themes."""


THEMES_OF_SOCKET_TIMEOUT = frozenset({Theme.SHORT_SOCKET_TIMEOUT, Theme.LONG_SOCKET_TIMEOUT})

SHARES = {
    Theme.WAIT_IN_VAIN: 3,
    Theme.SHORT_SOCKET_TIMEOUT: 6,
    Theme.LONG_SOCKET_TIMEOUT: 6,
}
"""Themes whose programs spend most of their time waiting get only one in so many of the programs."""

SURPLUS_CALLERS = {
    Theme.QUEUE: 8,
    Theme.NO_TIMEOUT: 4,
    Theme.ZERO_TIMEOUT: 4,
    Theme.WAIT_IN_VAIN: 3,
    Theme.SECOND_RELEASE: 1,
    Theme.FOREIGN_RELEASE: 1,
    Theme.SHORT_SOCKET_TIMEOUT: 1,
    Theme.LONG_SOCKET_TIMEOUT: 1,
}
"""How many callers of a program may ask when all connections are in use, since most must wait."""


def terms_of(theme: Theme, max_connections: int, *, takes_timeout: bool) -> Terms:
    """What the pools of a program are built with."""
    if not takes_timeout:
        return Terms(max_connections, takes_timeout=False)
    match theme:
        case Theme.ZERO_TIMEOUT:
            return Terms(max_connections, timeout_s=0.0)
        case Theme.NO_TIMEOUT:
            return Terms(max_connections, timeout_s=None)
        case Theme.QUEUE | Theme.TURNS:
            return Terms(max_connections, timeout_s=PATIENT_S)
        case Theme.SHORT_SOCKET_TIMEOUT:
            return Terms(
                max_connections, timeout_s=1.2 * SILENCE_S, socket_timeout_s=0.3 * SILENCE_S
            )
        case Theme.LONG_SOCKET_TIMEOUT:
            return Terms(max_connections, timeout_s=BRIEF_S, socket_timeout_s=2 * SILENCE_S)
        case Theme.WAIT_IN_VAIN:
            return Terms(max_connections, timeout_s=BRIEF_S)
        case _:
            return Terms(max_connections, timeout_s=BRIEFEST_S)
