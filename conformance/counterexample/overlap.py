"""Whether the calls of a history overlap, so that a list of sentences would not say who did what."""

from collections.abc import Sequence

from poolproof.spec.model.events import (
    AcquireCalled,
    AcquireCancelled,
    Acquired,
    AcquireFailed,
    CancelCalled,
    CloseCalled,
    CommandInterrupted,
    DisconnectCalled,
    Event,
    Overdue,
    Quiescent,
    ReleaseCalled,
    ReleaseCancelled,
    ReleaseReturned,
)


def calls_overlap(events: Sequence[Event]) -> bool:
    """Whether two calls overlap, two callers wait, one is cancelled, or the server holds one up.

    If one caller is seen to wait while others come and go, one at a time, no calls overlap.
    """
    moving: set[int] = set()
    waiting: set[int] = set()
    acquires: set[int] = set()
    for event in events:
        match event:
            case CancelCalled() | AcquireCancelled() | ReleaseCancelled() | CommandInterrupted():
                return True
            case CloseCalled() | DisconnectCalled() if waiting or moving:
                return True
            case ReleaseCalled(inside=int()):
                return True
            case AcquireCalled() | ReleaseCalled():
                if moving:
                    return True
                moving.add(event.call)
                if isinstance(event, AcquireCalled):
                    acquires.add(event.call)
            case Acquired() | AcquireFailed() | ReleaseReturned() | Overdue():
                moving.discard(event.call)
                waiting.discard(event.call)
            case Quiescent():
                waiting |= moving & acquires
                moving -= waiting
                if event.connects_held or event.apart or len(waiting) > 1:
                    return True
            case _:
                pass
    return False
