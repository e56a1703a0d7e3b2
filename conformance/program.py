"""Programs: what callers do to pools, one burst of operations after another.

The driver starts the operations of a burst, lets the pools run until nothing moves any more, and
then goes on. Most programs are sequential: each burst is one operation. In the others up to three
callers act at once, in the order that a schedule says, and some of them may be left waiting.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from poolproof.spec.events import Terms

from .loop import Cancellation
from .scheduler import Schedule


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
    again: bool = False
    """Whether it is meant for a connection that has been released."""


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


@dataclass(frozen=True, slots=True)
class Elapse:
    """Let the time pass at which the next wait is over."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel the caller of an acquire that waits, or that is kept waiting by the server."""

    acquire: int


@dataclass(frozen=True, slots=True)
class HoldConnects:
    """Have the server keep everybody waiting who opens a connection from now on."""


@dataclass(frozen=True, slots=True)
class LetConnect:
    """Have the server admit everybody again."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Cancel the caller of an operation when it is suspended for the so manieth time."""

    operation: "Acquire | Release"
    at: Cancellation


@dataclass(frozen=True, slots=True)
class Limited:
    """An acquire that its caller gives only so much time, with a means of asyncio."""

    operation: Acquire
    by: Literal["wait_for", "timeout"]
    limit_s: float


@dataclass(frozen=True, slots=True)
class Inside:
    """In the middle of an operation, at the so manieth function that it enters, the same thread
    releases a connection, as a finalizer or a signal handler does.
    """

    operation: "Acquire | Release"
    point: int
    release: Release


@dataclass(frozen=True, slots=True)
class InTurn:
    """One caller acquires, or releases, one after another."""

    operations: "tuple[Acquire | Release, ...]"


Single = Build | Acquire | Release | Use | Drop | RunBlock | ReleaseUnanswered | AwaitReply
Crowded = (
    Acquire
    | Release
    | Elapse
    | Cancel
    | HoldConnects
    | LetConnect
    | Cancelled
    | Limited
    | Inside
    | InTurn
)
Operation = Single | Crowded


@dataclass(frozen=True, slots=True)
class Burst:
    """Operations that are started together, and which of them goes on when there is a choice."""

    operations: tuple[Operation, ...]
    schedule: Schedule = Schedule()  # noqa: RUF009 - it is frozen


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
    SLOW_CONNECTS = "a server that keeps everybody waiting who connects"
    INSIDE = "connections released in the middle of another call"
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

REAL_TIME = frozenset({Theme.UNANSWERED, Theme.SHORT_SOCKET_TIMEOUT, Theme.LONG_SOCKET_TIMEOUT})
"""Themes about the time that the server takes, which no clock of ours can speed up."""

CROWD_S = 5.0
"""The timeout in a crowd, where the clock stands still until a program lets it pass."""

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
        case crowded if crowded in CROWDED:
            return Terms(max_connections, timeout_s=CROWD_S)
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
