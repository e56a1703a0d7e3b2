"""Closing: what a pool still does when it is closed, and what it goes on doing when it disconnects.

A pool counts as closed when closing it has come to an end. A call that is under way at that moment may
end in either way, but it must end.
"""

from collections.abc import Iterator

from ..capabilities import Capability
from ..clause import MUST, RESILIENT, clause
from ..model.conditions import CUTS, STATE_KNOWN, Condition
from ..model.duration import duration
from ..model.events import (
    Acquired,
    AcquireFailed,
    CloseReturned,
    DisconnectReturned,
    Overdue,
    Quiescent,
)
from ..model.history import History
from ..model.judgement import Judgement
from ..model.obligations import moments_after, nothing_lost, useless
from ..model.state import Moment, PoolState
from ..model.timing import CLOCK_SLEW


@clause(
    "CLS-1",
    MUST,
    RESILIENT,
    needs=Capability.CLOSE,
    judged_with=STATE_KNOWN - {Condition.RELEASED_INSIDE},
    speaks_of={Condition.CLOSED},
)
def closing_ends_every_wait(history: History) -> Iterator[Judgement]:
    """
    Closing a pool MUST end every wait in it at once, with an error, and every later acquire raises.

    An application that shuts down closes its pool and then waits for its threads. If they wait for
    a connection that can never come, the application ends only after their timeout, or never. A
    thread that is served once more goes on working on what is being taken down.
    """
    for moment in _judgeable(history):
        if not moment.before.closed:
            continue
        broken = _not_ended(moment)
        if broken is not None:
            yield Judgement(moment.index, broken, moment.pool)
        elif _ended_by_closing(moment):
            yield Judgement(moment.index)


def _judgeable(history: History) -> Iterator[Moment]:
    """The judged moments, until a pool says that it could not be closed, while connections fail here:
    what has become of it then nobody can say.
    """
    for moments in history.judged_pools:
        for moment in moments:
            event = moment.event
            if (
                isinstance(event, CloseReturned)
                and event.error is not None
                and moment.before.outage
            ):
                break
            yield moment


def _not_ended(moment: Moment) -> str | None:
    state, event = moment.before, moment.event
    match event:
        case Acquired(call=call) if state.requests[call].after_close:
            return "the pool had been closed, and an acquire returned a connection"
        case Overdue(call=call, waited_s=waited_s) if call in state.requests:
            request = state.requests[call]
            if state.outage or not (request.after_close or request.blocked_since is not None):
                return None
            return (
                f"the pool had been closed, and an acquire still waited after {duration(waited_s)}"
            )
        case Quiescent(certain=True, connects_held=False, connecting=connecting):
            waiting = [
                call
                for call, request in state.requests.items()
                if call not in connecting and not request.cancelled
            ]
            if not waiting or state.outage:
                return None
            callers = "a caller still waits" if len(waiting) == 1 else f"{len(waiting)} still wait"
            return f"nothing moves any more, the pool is closed, and {callers} for a connection"
        case _:
            return None


def _ended_by_closing(moment: Moment) -> bool:
    """Whether an acquire failed for no other reason than that the pool is closed."""
    state, event = moment.before, moment.event
    if not isinstance(event, AcquireFailed):
        return False
    request, timeout_s = state.requests[event.call], state.config.timeout_s
    if request.after_close and not request.found_full:
        return True
    if not request.after_close and request.blocked_since is None:
        return False  # it may have failed before
    took_s = event.at_s - request.called_s
    return state.config.takes_timeout and (
        timeout_s is None or took_s < timeout_s * (1 - CLOCK_SLEW)
    )


@clause(
    "CLS-2",
    MUST,
    RESILIENT,
    needs=Capability.CLOSE,
    judged_with=STATE_KNOWN,
    speaks_of={Condition.CLOSED},
)
def a_closed_pool_leaves_nothing_open(history: History) -> Iterator[Judgement]:
    """
    Closing a pool MUST close its idle connections, and each connection in use when it is released,
    and the pool stays closed: it opens no connection any more, and to close it again does no harm.

    A connection that is left open after the end, or opened anew, belongs to nobody and keeps a
    place at the server. A service that builds a pool for each tenant, or each test, runs the server
    out of connections. See redis/redis-py#681.
    """
    for moment in _judgeable(history):
        broken = _left_open(moment) or _not_closed(moment)
        if broken is not None or _has_nothing_open(moment):
            yield Judgement(moment.index, broken, moment.pool)


def _left_open(moment: Moment) -> str | None:
    state, event = moment.before, moment.event
    match event:
        case Acquired(call=call, connection=int(connection)) if state.requests[call].after_close:
            return f"the pool had been closed, and an acquire got connection {connection}"
        case Quiescent() if state.closed and _is_quiet(state):
            strays = sorted(_without_holder(moment, event))
            # Who holds one that was cut may have opened another in its place, whose number nobody saw.
            if len(strays) <= sum(held in state.dropped for held in state.in_use.values()):
                return None
            return f"the pool is closed, and connection {strays[0]}, which nobody holds, is open"
        case _:
            return None


def _not_closed(moment: Moment) -> str | None:
    state, event = moment.before, moment.event
    match event:
        case CloseReturned(error=error) if error is not None:
            if not state.conditions.isdisjoint({Condition.OUTAGE, *CUTS}):
                return None
            again = " again" if state.closed else ""
            return f"closing the pool{again} raised {error}"
        case Quiescent(certain=True, connects_held=False) if state.closing:
            if not _has_nobody(state) or state.outage:
                return None  # it may let those finish first who hold a connection
            return "nothing moves any more, nobody holds a connection, and closing the pool goes on"
        case _:
            return None


def _has_nothing_open(moment: Moment) -> bool:
    state, event = moment.before, moment.event
    if not isinstance(event, Quiescent) or not state.closed or not _is_quiet(state):
        return False
    return bool(state.released or state.in_use)


def _without_holder(moment: Moment, event: Quiescent) -> frozenset[int]:
    state = moment.before
    seen = event.open.get(moment.pool, frozenset())
    return seen.difference(state.dropped, (held for held in state.in_use.values() if held))


def _is_quiet(state: PoolState) -> bool:
    """Whether no connection is being opened or closed, as far as anybody can know."""
    return state.at_rest and not (state.closing or state.disconnecting or state.outage)


def _has_nobody(state: PoolState) -> bool:
    return state.at_rest and not state.in_use


@clause(
    "CLS-3",
    MUST,
    RESILIENT,
    needs=Capability.DISCONNECT,
    judged_with={Condition.RELEASED, Condition.DISCONNECTED},
    speaks_of={Condition.DISCONNECTED},
)
def a_pool_that_disconnects_goes_on(history: History) -> Iterator[Judgement]:
    """
    To disconnect a pool MUST close its idle connections and otherwise leave the pool as it was: all
    of its slots can be used again, and waiters are still served.

    Operators disconnect pools to renew the connections after a failover, or with new credentials,
    without stopping the application. If the pool takes this for its end, or loses the slots with
    the connections, the remedy becomes the outage.
    """
    moments = list(moments_after(history, Condition.DISCONNECTED))
    for moment in moments:
        broken = _still_connected(moment)
        if broken is not None:
            yield Judgement(moment.index, broken, moment.pool)
    disconnected = (moment for moment in moments if not moment.before.disconnecting)
    yield from nothing_lost(
        history, disconnected, "after the pool was disconnected", otherwise=useless
    )


def _still_connected(moment: Moment) -> str | None:
    state, event = moment.before, moment.event
    match event:
        case DisconnectReturned(error=error) if error is not None:
            return f"disconnecting the pool raised {error}"
        case Quiescent() if _is_quiet(state):
            left = sorted(state.to_be_closed & event.open.get(moment.pool, frozenset()))
            if not left:
                return None
            return f"the pool was disconnected, and connection {left[0]}, which was idle, is open"
        case _:
            return None
