"""What can be seen of a pool from outside: the events that a history is made of.

They say what a caller sees (who asked, who was served with which connection, who failed, who
released) and what the server saw. Times are seconds of one monotonic clock. A connection is known
by the number that the server gave it (``CLIENT ID``), never by the object that stands for it,
because two objects can share one socket and one object can outlive its socket. No two connections of
one history have the same number, also if the server was restarted meanwhile.
"""

from .base import CallBegins, CallEnds, CallEvent, HolderEvent, PoolEvent
from .calls import (
    AcquireCalled,
    AcquireCancelled,
    Acquired,
    AcquireFailed,
    CancelCalled,
    Overdue,
    ReleaseCalled,
    ReleaseCancelled,
    ReleaseReturned,
)
from .closing import (
    CloseCalled,
    CloseReturned,
    DisconnectCalled,
    DisconnectReturned,
    HeldUp,
    ReauthCalled,
    ReauthReturned,
)
from .commands import CommandCalled, CommandInterrupted, CommandReturned
from .fork import AcquiredAfterFork, ClosedAfterFork, Forked, ReleasedAfterFork, UsedAfterFork
from .holders import BlockLeft, Dropped, Forgotten, LeftUnread, ReplyAwaited, Used
from .names import Names
from .pools import ArgumentTried, FeatureTried, PoolBuilt, Quiescent, Shown
from .server import BytesArrived, Cut, Outage, OutageOver
from .values import Error, PoolConfig

OfFork = Forked | AcquiredAfterFork | ReleasedAfterFork | ClosedAfterFork | UsedAfterFork

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
    | Overdue
    | BlockLeft
    | Used
    | Dropped
    | Forgotten
    | LeftUnread
    | ReplyAwaited
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
    | Quiescent
    | ArgumentTried
    | FeatureTried
    | Shown
    | OfFork
)
"""Any of them."""

__all__ = [
    "AcquireCalled",
    "AcquireCancelled",
    "AcquireFailed",
    "Acquired",
    "AcquiredAfterFork",
    "ArgumentTried",
    "BlockLeft",
    "BytesArrived",
    "CallBegins",
    "CallEnds",
    "CallEvent",
    "CancelCalled",
    "CloseCalled",
    "CloseReturned",
    "ClosedAfterFork",
    "CommandCalled",
    "CommandInterrupted",
    "CommandReturned",
    "Cut",
    "DisconnectCalled",
    "DisconnectReturned",
    "Dropped",
    "Error",
    "Event",
    "FeatureTried",
    "Forgotten",
    "Forked",
    "HeldUp",
    "HolderEvent",
    "LeftUnread",
    "Names",
    "Outage",
    "OutageOver",
    "Overdue",
    "PoolBuilt",
    "PoolConfig",
    "PoolEvent",
    "Quiescent",
    "ReauthCalled",
    "ReauthReturned",
    "ReleaseCalled",
    "ReleaseCancelled",
    "ReleaseReturned",
    "ReleasedAfterFork",
    "ReplyAwaited",
    "Shown",
    "Used",
    "UsedAfterFork",
]
