"""Order: idle connections form a queue. Acquire takes the front, release appends at the back.

That a connection was passed over is believed only when the pool hands the same one out later: then
it was there all the time. A connection that the pool has quietly discarded proves nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from ..clause import CORE, MUST, clause
from ..model.conditions import CUTS, ORDINARY, Condition
from ..model.events import Acquired, Quiescent
from ..model.history import History
from ..model.judgement import Judgement
from ..model.state import Moment

ORDERLY = ORDINARY | CUTS
"""What is cut is out of the order, and the order of the others stays."""


@clause("ORD-1", MUST, CORE, judged_with=ORDERLY)
def acquire_takes_the_longest_idle(history: History) -> Iterator[Judgement]:
    """
    An acquire that finds idle connections MUST take the one that has been idle longest.

    If the last released connection is taken first, the same few connections do all the work. The
    others wait unused until the server's idle timeout or a firewall closes them, and the next peak
    meets dead connections. In a queue every connection is used in turn, and the one at the front is
    the one to check when connections grow old.
    """
    for moment, acquired in chain.from_iterable(map(_acquires_one_by_one, history.judged_pools)):
        idle = _known_idle(moment)
        taken = acquired.connection
        if taken not in idle or len(idle) < 2:
            continue
        ahead = idle[: idle.index(taken)]
        passed_over = _handed_out_later(history, moment, ahead)
        if passed_over is None:
            yield Judgement(moment.index)
        else:
            yield Judgement(
                moment.index,
                f"acquire took connection {taken} although connection {passed_over} had been "
                f"idle longer",
            )


@clause("ORD-2", MUST, CORE, judged_with=ORDERLY)
def release_appends_at_the_back(history: History) -> Iterator[Judgement]:
    """
    A released connection MUST go behind all idle ones.

    With a queue, as many acquire/release pairs in a row as there are idle connections visit each of
    them once. A connection that is put anywhere else jumps the queue, and another one is never
    reached: it ages until the server closes it, although the pool is busy all day.
    """
    for moments in history.judged_pools:
        round_: list[int] = []
        queue: tuple[int, ...] = ()
        for moment, acquired in _acquires_one_by_one(moments):
            taken, idle = acquired.connection, _known_idle(moment)
            if taken is None or taken not in idle:
                round_ = []
                continue
            if not round_ or set(queue) != set(idle):
                round_, queue = [], idle
            if taken in round_:
                missed = _handed_out_later(
                    history, moment, [other for other in queue if other not in round_]
                )
                if missed is not None:
                    yield Judgement(
                        moment.index,
                        f"{len(round_) + 1} acquire/release pairs in a row over {len(queue)} idle "
                        f"connections came back to connection {taken} before they reached "
                        f"connection {missed}",
                    )
                round_ = []
                continue
            round_.append(taken)
            if len(round_) == len(queue):
                if len(queue) > 1:
                    yield Judgement(moment.index)
                round_ = []


@clause(
    "ORD-3",
    MUST,
    CORE,
    # What was not opened after all may be opened in the place of an idle one.
    judged_with=ORDERLY - {Condition.CANCELLED_CONNECTING},
)
def idle_connections_are_used_before_new_ones_are_opened(history: History) -> Iterator[Judgement]:
    """
    An acquire MUST NOT get a newly opened connection while another one is idle and open.

    Opening a connection costs one or more round trips, and a slot at the server. A pool that opens
    before it reuses holds `max_connections` open for a load that one connection could carry. (A
    pool that opens all of them when it is built does not break this clause.)
    """
    for moment, acquired in chain.from_iterable(map(_acquires_one_by_one, history.judged_pools)):
        state = moment.before
        taken, idle = acquired.connection, _known_idle(moment)
        if taken is None or not idle or state.dropped:
            continue  # another one may be opened in the place of one that was dropped
        if taken in state.idle:
            yield Judgement(moment.index)
            continue
        if taken in state.released.values() or _was_seen_open(moment, history, taken):
            continue  # not newly opened
        # The one at the front: if it is gone, this one may have been opened in its place.
        unused = _handed_out_later(history, moment, idle[:1])
        if unused is not None:
            yield Judgement(
                moment.index,
                f"acquire got connection {taken}, newly opened, although connection {unused} was "
                f"idle",
            )


def _known_idle(moment: Moment) -> tuple[int, ...]:
    """The idle connections that callers have held before.

    Of others, which the pool opened ahead of need, nobody outside knows since when they are ready.
    """
    held = set(moment.before.released.values())
    return tuple(connection for connection in moment.before.idle if connection in held)


def _acquires_one_by_one(moments: Iterable[Moment]) -> Iterator[tuple[Moment, Acquired]]:
    """The acquires of one pool that found nobody waiting, as long as no two calls have been under way
    at once: after that, nobody outside knows the order.
    """
    for moment in moments:
        if moment.before.overlapped:
            break
        if isinstance(moment.event, Acquired) and len(moment.before.requests) == 1:
            yield moment, moment.event


def _handed_out_later(history: History, moment: Moment, connections: Sequence[int]) -> int | None:
    """The first of these connections that the pool hands out after this moment."""
    pool = moment.event.pool if isinstance(moment.event, Acquired) else ""
    later = [
        event.connection
        for event in history.events[moment.index + 1 :]
        if isinstance(event, Acquired) and event.pool == pool
    ]
    return next((connection for connection in connections if connection in later), None)


def _was_seen_open(moment: Moment, history: History, connection: int) -> bool:
    """Whether the server showed the connection before this moment."""
    return any(
        connection in seen
        for event in history.events[: moment.index]
        if isinstance(event, Quiescent)
        for seen in event.open.values()
    )
