"""What can be seen of a pool from outside: the events that a history is made of.

They say what a caller sees (who asked, who was served with which connection, who failed, who
released) and what the server saw. Times are seconds of one monotonic clock. A connection is known
by the number that the server gave it (``CLIENT ID``), never by the object that stands for it,
because two objects can share one socket and one object can outlive its socket. No two connections of
one history have the same number, also if the server was restarted meanwhile.
"""

from .base import CallBegins as CallBegins
from .base import CallEnds as CallEnds
from .base import CallEvent as CallEvent
from .base import HolderEvent as HolderEvent
from .base import PoolEvent as PoolEvent
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
from .names import Names as Names
from .pools import ArgumentTried, FeatureTried, PoolBuilt, Quiescent, Shown
from .server import BytesArrived, Cut, Outage, OutageOver
from .values import Error as Error
from .values import PoolConfig as PoolConfig

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
    | Forked
    | AcquiredAfterFork
    | ReleasedAfterFork
    | ClosedAfterFork
    | UsedAfterFork
)
"""Any of them. What is listed here can be imported from here."""
