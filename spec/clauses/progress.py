"""Progress: nobody waits without need."""

from collections.abc import Iterator

from ..clause import CONCURRENT, MUST, clause
from ..model.conditions import CANCELLATIONS, ORDINARY, Condition
from ..model.events import Quiescent
from ..model.history import History
from ..model.judgement import Judgement
from ..model.obligations import kept_waiting, was_ever_full
from ..model.state import Moment


@clause(
    "PRG-1",
    MUST,
    CONCURRENT,
    judged_with=(ORDINARY - CANCELLATIONS - {Condition.RELEASED_INSIDE, Condition.DROPPED})
    | {Condition.CUT_IDLE},
)
def nobody_waits_while_something_is_free(history: History) -> Iterator[Judgement]:
    """
    A caller MUST NOT go on waiting while a slot is free; nor while a connection is idle, even if
    the server keeps other callers waiting.

    A wake-up that gets lost, or a lock that is held while a connection is opened, stops callers who
    could be served. The pool then stands still under load, with connections to spare.
    """
    shown = was_ever_full(history)
    for moment in history.judged_moments:
        event = moment.event
        if not isinstance(event, Quiescent) or not event.certain:
            continue
        if event.connects_held:
            yield from _while_connects_are_held(moment, event)
        elif Condition.CUT_IDLE in moment.before.conditions:
            continue  # whether its slot is lost is for BRK-1
        elif moment.before.requests and shown:
            broken = kept_waiting(moment)
            broken = broken and f"nothing moves any more, and {broken}"
            yield Judgement(moment.index, broken, moment.pool)


def _while_connects_are_held(moment: Moment, event: Quiescent) -> Iterator[Judgement]:
    state = moment.before
    idle = set(state.idle) & event.open.get(moment.pool, frozenset())
    if idle and not event.connecting >= state.requests.keys():
        yield Judgement(
            moment.index,
            f"while the server lets nobody connect, a caller waits although connection {min(idle)} "
            f"is idle",
            moment.pool,
        )
    elif event.connecting:
        yield Judgement(moment.index)
