"""Programs: what callers do to pools, one burst of operations after another.

The driver starts the operations of a burst, lets the pools run until nothing moves any more, and
then goes on. Most programs are sequential: each burst is one operation. In the others up to three
callers act at once, in the order that a schedule says, and some of them may be left waiting.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeVar

from poolproof.spec.model.events import PoolConfig

from .fault_kinds import Absence, CutInReply, CutKind, Failure, Means, Signal, Spoiling
from .schedule import Cancellation, Schedule

PATIENT_S = 0.3
"""A timeout within which programs release."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done in a program: by a caller to a pool, or to what pools depend on."""


@dataclass(frozen=True, slots=True)
class OnAcquire(Operation):
    """An operation on an acquire that was made before, or on what it got."""

    acquire: int
    """The number of its call."""


@dataclass(frozen=True, slots=True)
class OnHeld(OnAcquire):
    """An operation that can be done as long as the connection is in use."""


@dataclass(frozen=True, slots=True)
class Build(Operation):
    """Build a pool."""

    pool: str
    config: PoolConfig


@dataclass(frozen=True, slots=True)
class Acquire(Operation):
    """Ask the pool for a connection."""

    pool: str
    within_s: float | None = None
    """The timeout that the caller names; None if it leaves that to the pool."""


@dataclass(frozen=True, slots=True)
class Release(OnAcquire):
    """Give the connection that `acquire` got to a pool: to its own, again, or to another."""

    to: str
    again: bool = False
    """Whether it is meant for a connection that has been released."""


@dataclass(frozen=True, slots=True)
class Use(OnHeld):
    """Send a command on the connection and read its reply."""


@dataclass(frozen=True, slots=True)
class Write(OnHeld):
    """Send a command on the connection that writes something, and read its reply."""


@dataclass(frozen=True, slots=True)
class WriteByClient(Operation):
    """Give a command that writes something to a client that uses the pool."""

    pool: str


@dataclass(frozen=True, slots=True)
class Demote(Operation):
    """The server becomes a replica, which refuses whoever writes, unless it is one that was given."""


@dataclass(frozen=True, slots=True)
class Promote(Operation):
    """The server leads again."""


@dataclass(frozen=True, slots=True)
class Drop(OnHeld):
    """Close the connection while it is in use."""


@dataclass(frozen=True, slots=True)
class Forget(OnHeld):
    """Let go of the connection without releasing it. Garbage is collected then."""


@dataclass(frozen=True, slots=True)
class RunBlock(Operation):
    """Hold a connection for the length of a ``with`` block, and leave the block."""

    pool: str
    leave_by: type[BaseException] | None


@dataclass(frozen=True, slots=True)
class ReleaseUnanswered(OnHeld):
    """Release the connection while the server still owes it a reply."""


@dataclass(frozen=True, slots=True)
class AwaitReply(OnHeld):
    """Send a command whose reply the server withholds for a while, and wait for it."""

    server_s: float


@dataclass(frozen=True, slots=True)
class InterruptCommand(Operation):
    """Give a command to a client that uses the pool, and interrupt it when it has been sent; its reply
    arrives after the next caller has asked for a connection. A thread is interrupted in its read.
    """

    pool: str
    by: Means | Signal | Literal["socket_timeout"]


@dataclass(frozen=True, slots=True)
class InterruptConnect(Operation):
    """Ask the pool for a connection, which it has to open; the thread is interrupted in the read that
    it makes `after_reads` others to get it ready, if it makes so many.
    """

    pool: str
    after_reads: int


@dataclass(frozen=True, slots=True)
class ClosePool(Operation):
    """Close the pool, for good."""

    pool: str
    grace_s: float | None = None
    """How long those may take to finish who hold a connection; None if nothing is said of that."""


@dataclass(frozen=True, slots=True)
class DisconnectPool(Operation):
    """The pool closes its connections, and goes on."""

    pool: str


@dataclass(frozen=True, slots=True)
class Reauthenticate(Operation):
    """Tell the pool of new credentials. While the answer to AUTH is kept, a holder releases if there is
    one, and a caller acquires; then the answer comes.
    """

    pool: str


@dataclass(frozen=True, slots=True)
class CutIdle(Operation):
    """Cut a connection that is idle: the n-th of those that wait their turn, counted from 0."""

    pool: str
    which: int
    how: CutKind = "closed by the server"


@dataclass(frozen=True, slots=True)
class CutHeld(OnHeld):
    """Cut the connection while it is in use."""

    how: CutKind = "closed by the server"


@dataclass(frozen=True, slots=True)
class TimeOutIdle(Operation):
    """The server closes by its own timeout, in real time, whatever is idle."""


@dataclass(frozen=True, slots=True)
class CutReply(OnHeld):
    """Send a command on the connection, which ends when so many bytes of the reply have come."""

    after: int
    how: CutInReply


@dataclass(frozen=True, slots=True)
class LeaveUnread(OnHeld):
    """Send a command on the connection, and do not read the reply, which has come when this is over."""


@dataclass(frozen=True, slots=True)
class SendUnasked(Operation):
    """Something arrives that nobody has asked for, and that can be taken for a reply, on a
    connection that is idle: the n-th of those that wait their turn, counted from 0.
    """

    pool: str
    which: int


@dataclass(frozen=True, slots=True)
class Elapse(Operation):
    """Let the time pass at which the next wait is over."""


@dataclass(frozen=True, slots=True)
class Pass(Operation):
    """Let so much time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Cancel(OnAcquire):
    """Cancel the caller of an acquire that waits, or that is kept waiting by the server."""


@dataclass(frozen=True, slots=True)
class HoldConnects(Operation):
    """The server keeps everybody waiting who opens a connection from now on."""


@dataclass(frozen=True, slots=True)
class LetConnect(Operation):
    """The server admits everybody again."""


@dataclass(frozen=True, slots=True)
class BeginOutage(Operation):
    """Nobody reaches the server from now on, where the pools connect through a proxy.

    A server that was given is not made to turn anybody away: the proxy refuses them instead.
    """

    how: Absence


@dataclass(frozen=True, slots=True)
class EndOutage(Operation):
    """The server is reached again, and connections fail no more."""


@dataclass(frozen=True, slots=True)
class BeginFailing(Operation):
    """The pools' own connections raise from now on, until `EndOutage`."""

    how: Failure


@dataclass(frozen=True, slots=True)
class Spoil(Operation):
    """Something is amiss from now on with each connection that is open, until it is closed."""

    how: Spoiling


@dataclass(frozen=True, slots=True)
class LetClose(Operation):
    """Whoever is closing a connection that is slow to close comes to the end of it."""


@dataclass(frozen=True, slots=True)
class Cancelled(Operation):
    """Cancel the caller of an operation when it is suspended for the n-th time."""

    operation: "Acquire | Release"
    at: Cancellation


@dataclass(frozen=True, slots=True)
class Limited(Operation):
    """An acquire that its caller gives only so much time, with a means of asyncio."""

    operation: Acquire
    by: Literal["wait_for", "timeout"]
    limit_s: float


@dataclass(frozen=True, slots=True)
class ReleaseInside(Operation):
    """In the middle of an operation, at the n-th function that it enters, the same thread
    releases a connection, as a finalizer or a signal handler does.
    """

    operation: "Acquire | Release"
    point: int
    release: Release


@dataclass(frozen=True, slots=True)
class InTurn(Operation):
    """One caller acquires, or releases, one after another."""

    operations: "tuple[Acquire | Release, ...]"


_Any = TypeVar("_Any", bound=Operation)


def renumbered(operation: _Any, number_of: Callable[[int], int]) -> _Any:
    """The same operation on calls with other numbers, and so is each operation inside it.

    `number_of` says the new number of a call by the one that it had.
    """
    changed: dict[str, object] = {}
    for field in fields(operation):
        value = getattr(operation, field.name)
        if isinstance(value, Operation):
            changed[field.name] = renumbered(value, number_of)
        elif isinstance(operation, InTurn):
            changed[field.name] = tuple(renumbered(each, number_of) for each in value)
    if isinstance(operation, OnAcquire):
        changed["acquire"] = number_of(operation.acquire)
    return replace(operation, **changed)


@dataclass(frozen=True, slots=True)
class Burst:
    """Operations that are started together, and which of them goes on when there is a choice."""

    operations: tuple[Operation, ...]
    schedule: Schedule = Schedule()  # noqa: RUF009 - it is frozen
