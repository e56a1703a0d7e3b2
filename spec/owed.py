"""What a pool owes at once: a connection to every caller for whom there is a slot.

Several chapters ask whether it was denied; they differ in what had happened before.
"""

from .events import Acquired, AcquireFailed, Overdue, Settled
from .history import History
from .state import Deed, Moment


def denied(moment: Moment) -> str | None:
    """How the pool denied a connection that it owed the caller at once; None if it did not."""
    state, event = moment.before, moment.event
    match event:
        case AcquireFailed(call=call, error=error):
            what = f"an acquire failed with {error}"
        case Acquired(call=call, connection=None, trouble=trouble):
            what = f"an acquire returned a connection that does not work ({trouble})"
        case Overdue(call=call, waited_s=waited_s) if call in state.requests:
            what = f"an acquire had not returned after {waited_s:.1f} s"
        case _:
            return None
    if not state.requests[call].owed or state.requests[call].kept:
        return None
    if state.terms.socket_timeout_s is not None:
        return None  # so short that connecting may take longer on a busy machine
    return f"{what} although {len(state.in_use)} of {state.terms.max_connections} were in use"


def fills_the_pool(moment: Moment) -> bool:
    """Whether the event is the acquire that takes the last free connection."""
    state, event = moment.before, moment.event
    if not isinstance(event, Acquired) or state.requests[event.call].found_full:
        return False
    return len(state.in_use) + 1 == state.terms.max_connections


def kept_waiting(moment: Moment) -> str | None:
    """Who waits at a moment at which nothing moves, although a slot is free."""
    state, event = moment.before, moment.event
    if not isinstance(event, Settled) or not event.certain or event.connects_held:
        return None
    busy, most = len(state.in_use) + len(state.releasing), state.terms.max_connections
    waiting = len(state.requests)
    if not waiting or busy >= most:
        return None
    callers = "a caller waits" if waiting == 1 else f"{waiting} callers wait"
    return f"{callers} although {busy} of {most} connections are in use"


def serves_waiters(history: History) -> bool:
    """Whether a pool has served somebody who waited, before anything out of the ordinary was done.

    Of one that leaves its waiters waiting anyway, nothing else is to blame.
    """
    return any(
        moment.before.waiter_served and moment.before.deeds <= {Deed.RELEASED}
        for moments in history.moments.values()
        for moment in moments
    )


def was_ever_full(history: History) -> bool:
    """Whether all slots of a pool have been in use: one that never could be has not been lost."""
    return any(moment.before.was_full for moments in history.moments.values() for moment in moments)
