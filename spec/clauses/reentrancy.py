"""Re-entrancy: calls that begin in the middle of another call, in the same thread."""

from collections.abc import Iterator

from ..capabilities import Capability
from ..clause import CONCURRENT, MUST, clause
from ..model.conditions import Condition
from ..model.events import Quiescent, ReleaseReturned
from ..model.history import History
from ..model.judgement import Judgement
from ..model.obligations import moments_after, nothing_lost
from ..model.state import Moment


@clause(
    "REE-1",
    MUST,
    CONCURRENT,
    needs=Capability.THREADS,
    judged_with={Condition.RELEASED, Condition.RELEASED_INSIDE},
    speaks_of={Condition.RELEASED_INSIDE},
)
def a_release_inside_another_call_returns(history: History) -> Iterator[Judgement]:
    """
    A release that begins in the middle of another call of the pool, in the same thread, MUST
    return, and both calls do what they otherwise do.

    Clients release in finalizers, and applications in signal handlers. Both run wherever the thread
    happens to be, also inside the pool, where the thread may hold the pool's lock. It then waits
    for itself, and all others wait for it. See redis/redis-py#1583.
    """
    for moment in history.judged_moments:
        event = moment.event
        if isinstance(event, ReleaseReturned) and event.call in moment.before.inside:
            yield Judgement(moment.index)
        elif _does_not_return(moment):
            yield Judgement(
                moment.index,
                "a release in the middle of another call of the pool, in the same thread, does not "
                "return, and nothing moves any more",
                moment.pool,
            )
    after = moments_after(history, Condition.RELEASED_INSIDE)
    yield from nothing_lost(
        history,
        (moment for moment in after if not _does_not_return(moment)),
        "after a release in the middle of another call of the pool",
    )


def _does_not_return(moment: Moment) -> bool:
    event = moment.event
    return isinstance(event, Quiescent) and event.certain and bool(moment.before.inside)
