"""Progress: nobody waits without need."""

from collections.abc import Iterator

from .clause import Judgement, Level, Requirement, clause
from .events import Settled
from .history import History
from .state import CANCELLATIONS, Deed, Moment


@clause("PRG-1", Requirement.MUST, Level.CONCURRENT)
def nobody_waits_while_something_is_free(history: History) -> Iterator[Judgement]:
    """
    A caller MUST NOT go on waiting while a slot is free; nor, while other callers are kept waiting
    by the server, while a connection is idle.

    A wake-up that gets lost, or a lock that is held while a connection is opened, stops callers who
    could be served. The pool then stands still under load, with connections to spare.
    """
    spoilt = {*CANCELLATIONS, Deed.RELEASED_INSIDE, Deed.DROPPED}
    for pool, moments in history.moments.items():
        for moment in moments:
            if moment.before.misused or not spoilt.isdisjoint(moment.before.deeds):
                break
            if isinstance(moment.event, Settled) and moment.event.certain:
                yield from _judge(pool, moment, moment.event)


def _judge(pool: str, moment: Moment, event: Settled) -> Iterator[Judgement]:
    state = moment.before
    waiting = [call for call in state.requests if call not in event.connecting]
    busy = len(state.in_use) + len(state.releasing)
    most = state.terms.max_connections
    if event.connects_held:
        idle = set(state.idle) & event.open.get(pool, frozenset())
        if waiting and idle:
            yield Judgement(
                moment.index,
                f"while the server keeps {len(event.connecting)} waiting who open a connection, "
                f"another acquire waits although connection {min(idle)} is idle",
            )
        elif event.connecting:
            yield Judgement(moment.index)
    elif waiting and busy < most:
        yield Judgement(
            moment.index,
            f"nothing moves, and {_acquires(len(waiting))} although {busy} of {most} connections "
            f"are in use",
        )
    elif waiting:
        yield Judgement(moment.index)


def _acquires(waiting: int) -> str:
    return "an acquire waits" if waiting == 1 else f"{waiting} acquires wait"
