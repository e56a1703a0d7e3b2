"""What a pool owes at once: a connection to every caller for whom there is a slot.

Several chapters ask whether a pool failed in this. They differ in what had happened before.
"""

from collections.abc import Callable, Iterable, Iterator

from .conditions import Condition
from .duration import duration
from .events import Acquired, AcquireFailed, Overdue, Quiescent
from .history import History
from .judgement import Judgement
from .state import Moment

SHORT_S = 1.0
"""A socket timeout below which connecting may fail because the machine is busy."""


def denied(moment: Moment) -> str | None:
    """How the pool denied a connection that it owed the caller at once; None if it did not."""
    state, event = moment.before, moment.event
    match event:
        case AcquireFailed(call=call, error=error):
            what = f"an acquire failed with {error}"
        case Acquired(call=call, connection=None, trouble=trouble):
            what = f"an acquire returned a connection that does not work ({trouble})"
        case Overdue(call=call, waited_s=waited_s) if call in state.requests:
            what = f"an acquire had not returned after {duration(waited_s)}"
        case _:
            return None
    if not state.requests[call].entitled or state.requests[call].excused:
        return None
    if _is_short(state.config.socket_timeout_s):
        return None
    busy = len(state.in_use) + len(state.forgotten) + len(state.commands)
    return f"{what} although {busy} of {state.config.max_connections} were in use"


def useless(moment: Moment) -> str | None:
    """How a pool handed out a connection that does not work, if only after a wait; or None."""
    state, event = moment.before, moment.event
    if not isinstance(event, Acquired) or event.connection is not None:
        return None
    if state.requests[event.call].excused or _is_short(state.config.socket_timeout_s):
        return None
    return f"an acquire returned a connection that does not work ({event.trouble})"


def fills_the_pool(moment: Moment) -> bool:
    """Whether the event is the acquire that takes the last free connection."""
    state, event = moment.before, moment.event
    if not isinstance(event, Acquired) or event.connection is None:
        return False
    if state.requests[event.call].found_full:
        return False
    return len(state.in_use) + 1 == state.config.max_connections


def kept_waiting(moment: Moment) -> str | None:
    """How many callers wait while nothing moves, although a slot is free. None if nobody does."""
    state, event = moment.before, moment.event
    if not isinstance(event, Quiescent) or not event.certain or event.connects_held:
        return None
    busy, most = state.busy, state.config.max_connections
    waiting = len(state.requests.keys() - event.closing)
    if not waiting or busy >= most:
        return None
    callers = "a caller waits" if waiting == 1 else f"{waiting} callers wait"
    return f"{callers} although {busy} of {most} connections are in use"


def serves_waiters(history: History) -> bool:
    """Whether a pool has served somebody who waited, before anything out of the ordinary was done.

    If a pool always leaves its waiters waiting, nothing else is to blame for it.
    """
    return any(
        moment.before.waiter_served and moment.before.conditions <= {Condition.RELEASED}
        for moments in history.moments.values()
        for moment in moments
    )


def was_ever_full(history: History) -> bool:
    """Whether all slots of a pool have been in use: a slot that never could be used is not lost."""
    return any(moment.before.was_full for moments in history.moments.values() for moment in moments)


def lost(moment: Moment, *, serves_waiters: bool) -> str | None:
    """How it shows at this moment that a slot, or the word that it is free, has been lost."""
    broken = denied(moment)
    return kept_waiting(moment) if broken is None and serves_waiters else broken


def moments_after(history: History, condition: Condition) -> Iterator[Moment]:
    """The judged moments at which the condition holds, of pools that have shown that their slots can
    be used: one that is lost then was lost by that.
    """
    if was_ever_full(history):
        yield from (each for each in history.judged_moments if condition in each.before.conditions)


def nothing_lost(
    history: History,
    moments: Iterable[Moment],
    preface: str,
    *,
    otherwise: Callable[[Moment], str | None] = lambda _: None,
    upheld: Callable[[Moment], bool] = fills_the_pool,
) -> Iterator[Judgement]:
    """Judge that no slot has been lost at these moments, and nothing else is wrong `otherwise`.

    What went before is `preface`, as it reads in front of what is broken.
    """
    serves = serves_waiters(history)
    for moment in moments:
        broken = otherwise(moment) or lost(moment, serves_waiters=serves)
        if broken is not None:
            yield Judgement(moment.index, f"{preface}, {broken}", moment.pool)
        elif upheld(moment):
            yield Judgement(moment.index)


def _is_short(socket_timeout_s: float | None) -> bool:
    return socket_timeout_s is not None and socket_timeout_s < SHORT_S
