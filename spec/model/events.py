"""What can be seen of a pool from outside: the events that a history is made of.

They say what a caller sees (who asked, who was served with which connection, who failed, who
released) and what the server saw. Times are seconds of one monotonic clock. A connection is known
by the number that the server gave it (``CLIENT ID``), never by the object that stands for it,
because two objects can share one socket and one object can outlive its socket. No two connections of
one history have the same number, also if the server was restarted meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .fork_events import (
    AcquiredAfterFork,
    ClosedAfterFork,
    Forked,
    ReleasedAfterFork,
    UsedAfterFork,
)


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """What a pool was built with."""

    max_connections: int
    timeout_s: float | None = None
    takes_timeout: bool = True
    """False if the pool's constructor has no `timeout` at all."""
    socket_timeout_s: float | None = None
    """None if the client's default was left alone."""
    max_idle_time_s: float | None = None
    """None if the pool was not told."""
    max_lifetime_s: float | None = None
    """None if the pool was not told."""
    min_idle: int | None = None
    """None if the pool was not told."""


@dataclass(frozen=True, slots=True)
class Error:
    """An exception that a pool raised."""

    type_name: str
    """Its type, with the module, such as ``redis.exceptions.MaxConnectionsError``."""
    message: str
    is_connection_error: bool = False
    """Whether a handler of the client's connection errors catches it."""
    is_timeout_error: bool = False
    """Whether a handler of socket timeouts catches it: of the client's or of Python's."""
    is_generic: bool = False
    """Whether its type is one that the client or Python raises for other things too."""
    is_bad_argument: bool = False
    """Whether it is a ValueError or a TypeError."""

    def __str__(self) -> str:
        """The type without its module, and the message if there is one."""
        name = self.type_name.rpartition(".")[2]
        return f"{name}: {self.message}" if self.message else name


@dataclass(frozen=True, slots=True)
class PoolBuilt:
    """A pool was built."""

    at_s: float
    pool: str
    config: PoolConfig


@dataclass(frozen=True, slots=True)
class AcquireCalled:
    """A caller asked the pool for a connection."""

    at_s: float
    pool: str
    call: int
    timeout_s: float | None = None
    """How long this caller would wait; None if it left that to the pool."""


@dataclass(frozen=True, slots=True)
class Acquired:
    """The acquire returned a connection."""

    at_s: float
    pool: str
    call: int
    connection: int | None
    """The server's number for it; None if it did not answer, and `trouble` says what it did."""
    trouble: str = ""
    foreign: bool = False
    """Whether `trouble` is that bytes came which were not the reply to what its caller had sent."""


@dataclass(frozen=True, slots=True)
class AcquireFailed:
    """The acquire raised."""

    at_s: float
    pool: str
    call: int
    error: Error
    control_s: float = 0.0
    """How long a plain wait of the standard library for `timeout` took, begun with this acquire."""
    exact: bool = False
    """Whether the clock is one by which no wait ends late because the machine is busy."""


@dataclass(frozen=True, slots=True)
class ReleaseCalled:
    """A caller gave the connection that `acquire` had got back to `pool`."""

    at_s: float
    pool: str
    call: int
    acquire: int
    """The call of the acquire that had got the connection, from this pool or from another."""
    inside: int | None = None
    """The call in the middle of which the same thread made this one, as a finalizer does."""


@dataclass(frozen=True, slots=True)
class ReleaseReturned:
    """The release returned, or raised `error`."""

    at_s: float
    pool: str
    call: int
    acquire: int
    error: Error | None = None
    reply_outstanding: bool = False
    """Whether the server owed the connection a reply all the while."""
    waited_for_reply: bool = False
    """Whether the release did not return until the server was made to reply."""


@dataclass(frozen=True, slots=True)
class CancelCalled:
    """The caller of a call that had not returned was cancelled."""

    at_s: float
    pool: str
    call: int
    by: str
    """How: ``"cancel"``, ``"wait_for"``, ``"timeout"``, or ``"KeyboardInterrupt"``."""


@dataclass(frozen=True, slots=True)
class AcquireCancelled:
    """The acquire ended without a connection because its caller had been cancelled."""

    at_s: float
    pool: str
    call: int


@dataclass(frozen=True, slots=True)
class ReleaseCancelled:
    """The release ended by an exception because its caller had been cancelled."""

    at_s: float
    pool: str
    call: int
    acquire: int


@dataclass(frozen=True, slots=True)
class BlockLeft:
    """A ``with`` block that held the connection of `acquire` was left."""

    at_s: float
    pool: str
    acquire: int
    by: str
    """How: ``"return"``, or the name of the exception that was raised inside."""


@dataclass(frozen=True, slots=True)
class Used:
    """The holder sent a command and got its own reply, or a `refusal`; if not, `trouble` says what."""

    at_s: float
    pool: str
    acquire: int
    trouble: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The holder closed the connection, as a client does after an error."""

    at_s: float
    pool: str
    acquire: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The holder let go of the connection without releasing it: nobody refers to it any more, unless
    the pool itself does.
    """

    at_s: float
    pool: str
    acquire: int


@dataclass(frozen=True, slots=True)
class LeftUnread:
    """The holder sent a command, and will not read the reply."""

    at_s: float
    pool: str
    acquire: int
    command: str = ""


@dataclass(frozen=True, slots=True)
class BytesArrived:
    """Bytes that nobody has read have come to the pool's end of an open connection: the reply that
    its holder left unread, or something that nobody had asked for.
    """

    at_s: float
    pool: str
    connection: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A connection was cut: the server closed it, or the network did away with it."""

    at_s: float
    pool: str
    connection: int
    how: str
    """By what, such as ``"CLIENT KILL"`` or ``"reset"``."""
    visible: bool = True
    """Whether the socket at the pool's end shows it by now. It does not when nothing comes through."""


@dataclass(frozen=True, slots=True)
class Outage:
    """From now on the server lets nobody connect, or does not answer at all; or connections fail
    `here`, in the pool's own process.
    """

    at_s: float
    how: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class OutageOver:
    """Whoever connects to the server from now on is admitted and answered."""

    at_s: float
    here: bool = False
    """Whether it was not the server that kept them from it."""


@dataclass(frozen=True, slots=True)
class CommandCalled:
    """A caller gave a command to a client that uses the pool."""

    at_s: float
    pool: str
    call: int


@dataclass(frozen=True, slots=True)
class CommandReturned:
    """The client returned a reply, or raised `error`."""

    at_s: float
    pool: str
    call: int
    foreign: str = ""
    """What it returned, if that was not the reply to this command."""
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class CommandInterrupted:
    """The command ended by an exception that came from outside, or because time was up."""

    at_s: float
    pool: str
    call: int
    by: str
    """How: ``"cancel"``, ``"wait_for"``, ``"timeout"``, ``"KeyboardInterrupt"``, or
    ``"socket_timeout"``."""
    outstanding: bool
    """Whether the command had been sent, and its reply not been read."""


@dataclass(frozen=True, slots=True)
class CloseCalled:
    """The pool was to be closed."""

    at_s: float
    pool: str
    call: int
    grace_s: float | None = None
    """The grace period for those who hold a connection; None if none was named."""


@dataclass(frozen=True, slots=True)
class CloseReturned:
    """Closing the pool came to an end, or raised `error`."""

    at_s: float
    pool: str
    call: int
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class DisconnectCalled:
    """The pool was to disconnect, and to go on."""

    at_s: float
    pool: str
    call: int


@dataclass(frozen=True, slots=True)
class DisconnectReturned:
    """Disconnecting came to an end, or raised `error`."""

    at_s: float
    pool: str
    call: int
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class ReauthCalled:
    """The pool was told of new credentials, which are as good as those that it had."""

    at_s: float
    pool: str
    call: int


@dataclass(frozen=True, slots=True)
class ReauthReturned:
    """Telling it came to an end, or raised `error`."""

    at_s: float
    pool: str
    call: int
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class HeldUp:
    """A release stood still that had not asked the server anything, while its answer to AUTH was
    outstanding.
    """

    at_s: float
    pool: str
    call: int


@dataclass(frozen=True, slots=True)
class ReplyAwaited:
    """The holder waited for a reply that the server withheld for `server_s` seconds."""

    at_s: float
    pool: str
    acquire: int
    server_s: float
    took_s: float
    timed_out: bool
    control_s: float
    """How long a plain wait of the standard library for `socket_timeout` took meanwhile."""


@dataclass(frozen=True, slots=True)
class Quiescent:
    """Nothing moved any more. Calls that have not returned are waiting."""

    at_s: float
    open: Mapping[str, frozenset[int]]
    """The connections of each pool that the server saw open."""
    certain: bool = False
    """Whether it is known, and not only likely, that nothing moved."""
    connecting: frozenset[int] = frozenset()
    """The calls that had not returned because the server kept them waiting."""
    connects_held: bool = False
    """Whether the server kept those waiting who opened a connection."""
    standing: tuple[str, ...] = ()
    """Where a release stands in the code that has not returned, the outermost place first."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A call had still not returned when it was given up."""

    at_s: float
    pool: str
    call: int
    waited_s: float


@dataclass(frozen=True, slots=True)
class ArgumentTried:
    """A pool was built with an argument that makes no sense."""

    at_s: float
    argument: str
    value: str
    refused: Error | None
    """What the constructor, or else the first acquire, raised; None if neither did."""
    returned: bool = True
    """Whether both came to an end."""


@dataclass(frozen=True, slots=True)
class FeatureTried:
    """A feature of the client was tried on the pool; `trouble` is empty if it worked."""

    at_s: float
    feature: str
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """The pool or an error of it was printed, having been built with these secrets."""

    at_s: float
    what: str
    text: str
    secrets: tuple[str, ...]


Event = (
    PoolBuilt
    | AcquireCalled
    | Acquired
    | AcquireFailed
    | ReleaseCalled
    | ReleaseReturned
    | CancelCalled
    | AcquireCancelled
    | ReleaseCancelled
    | BlockLeft
    | Used
    | Dropped
    | Forgotten
    | LeftUnread
    | BytesArrived
    | Cut
    | Outage
    | OutageOver
    | CommandCalled
    | CommandReturned
    | CommandInterrupted
    | CloseCalled
    | CloseReturned
    | DisconnectCalled
    | DisconnectReturned
    | ReauthCalled
    | ReauthReturned
    | HeldUp
    | ReplyAwaited
    | Quiescent
    | Overdue
    | ArgumentTried
    | FeatureTried
    | Shown
    | Forked
    | AcquiredAfterFork
    | ReleasedAfterFork
    | ClosedAfterFork
    | UsedAfterFork
)
