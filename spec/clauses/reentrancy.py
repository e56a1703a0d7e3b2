"""Re-entrancy: calls that begin in the middle of another call, in the same thread."""

from collections.abc import Iterator

from ..capabilities import Capability
from ..clause import Judgement, Level, Requirement, clause
from ..model.conditions import Deed
from ..model.events import Quiescent, ReleaseReturned
from ..model.history import History
from ..model.obligations import denied, fills_the_pool, kept_waiting, serves_waiters, was_ever_full


@clause("REE-1", Requirement.MUST, Level.CONCURRENT, needs=Capability.THREADS)
def a_release_inside_another_call_returns(history: History) -> Iterator[Judgement]:
    """
    A release that begins in the middle of another call of the pool, in the same thread, MUST
    return, and both calls do what they do otherwise.

    Clients release in finalizers, and applications in signal handlers. Both run wherever the thread
    happens to be, also inside the pool, where it may hold the pool's lock: then it waits for itself,
    and everybody else for it. See redis/redis-py#1583.
    """
    shown, serves = was_ever_full(history), serves_waiters(history)
    for moments in history.moments.values():
        for moment in moments:
            state, event = moment.before, moment.event
            if not state.deeds <= {Deed.RELEASED, Deed.RELEASED_INSIDE}:
                break
            if isinstance(event, ReleaseReturned) and event.call in state.inside:
                yield Judgement(moment.index)
            elif isinstance(event, Quiescent) and event.certain and state.inside:
                yield Judgement(
                    moment.index,
                    "a release in the middle of another call of the pool, in the same thread, does "
                    "not return, and nothing moves any more",
                    moment.pool,
                )
            elif Deed.RELEASED_INSIDE in state.deeds and shown:
                broken = denied(moment) or (kept_waiting(moment) if serves else None)
                if broken is not None:
                    yield Judgement(
                        moment.index,
                        f"after a release in the middle of another call of the pool, {broken}",
                        moment.pool,
                    )
                elif fills_the_pool(moment):
                    yield Judgement(moment.index)
