"""Whether the callers of a history meet, so that a list of steps would not say who did what."""

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


def callers_meet(events: Sequence[Event]) -> bool:
    """Whether two calls overlap, two callers wait, one is cancelled, or the server holds one up.

    One caller who is seen to wait while others come and go, one at a time, meets nobody.
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
            case AcquireCalled(call=call) | ReleaseCalled(call=call):
                if moving or getattr(event, "inside", None) is not None:
                    return True
                moving.add(call)
                if isinstance(event, AcquireCalled):
                    acquires.add(call)
            case (
                Acquired(call=call)
                | AcquireFailed(call=call)
                | ReleaseReturned(call=call)
                | Overdue(call=call)
            ):
                moving.discard(call)
                waiting.discard(call)
            case Quiescent():
                waiting |= moving & acquires
                moving -= waiting
                if event.connects_held or event.connecting or len(waiting) > 1:
                    return True
            case _:
                pass
    return False
