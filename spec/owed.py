"""What a pool owes at once: a connection to every caller for whom there is a slot.

Several chapters ask whether it was denied; they differ in what had happened before.
"""

from .events import Acquired, AcquireFailed, Overdue
from .state import Moment


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
