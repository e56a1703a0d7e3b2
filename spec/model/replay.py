"""The course of a pool: how each event changes what is known of its state.

`replay` walks a history and says, for each event of one pool, what state came before it; `step` is the
rule by which it goes on.
"""

from collections.abc import Iterator, Sequence

from .conditions import Condition
from .events import (
    AcquireCalled,
    AcquireCancelled,
    Acquired,
    AcquireFailed,
    BlockLeft,
    CancelCalled,
    Dropped,
    Event,
    Outage,
    OutageOver,
    Overdue,
    PoolBuilt,
    Quiescent,
    ReleaseCalled,
    ReleaseCancelled,
    ReleaseReturned,
    ReplyAwaited,
    Used,
)
from .incidents import after_incident
from .state import Moment, PoolState
from .transitions import (
    after,
    after_acquiring,
    after_asking,
    after_cancelling,
    after_dropping,
    after_failing,
    after_leaving,
    after_release,
    after_return,
    after_starting_release,
    at_quiescence,
    made_idle,
    seen_open,
)


def replay(events: Sequence[Event], pool: str) -> tuple[Moment, ...]:
    """The moments of one pool, in order, from its construction on."""
    return tuple(_replay(events, pool))


def _replay(events: Sequence[Event], pool: str) -> Iterator[Moment]:
    state: PoolState | None = None
    outage = False
    others: frozenset[int] = frozenset()
    for index, event in enumerate(events):
        if isinstance(event, Acquired) and event.pool != pool and event.connection is not None:
            others |= {event.connection}
        if isinstance(event, Outage | OutageOver):
            outage = isinstance(event, Outage)
        if isinstance(event, PoolBuilt) and event.pool == pool:
            state = PoolState(event.config, outage=outage)
            state = after(state, Condition.OUTAGE) if outage else state
            yield Moment(pool, index, event, state, others)
        elif state is None:
            continue
        elif isinstance(event, ReleaseCalled) and event.pool != pool:
            if event.acquire in state.in_use:
                state = after(state, Condition.RELEASED_ELSEWHERE)
        elif (
            isinstance(event, Quiescent | Outage | OutageOver)
            or getattr(event, "pool", None) == pool
        ):
            yield Moment(pool, index, event, state, others)
            state = step(state, event, pool)


def step(state: PoolState, event: Event, pool: str) -> PoolState:
    """The state after an event of `pool`."""
    match event:
        case AcquireCalled(at_s=at_s, call=call, timeout_s=timeout_s):
            asked = after_asking(state, at_s, call)
            return asked if timeout_s is None else after(asked, Condition.OWN_TIMEOUT)
        case Acquired(call=call, connection=connection):
            return after_acquiring(state, call, connection)
        case AcquireFailed(call=call):
            return after_failing(state, call)
        case CancelCalled(call=call):
            return after_cancelling(state, call)
        case AcquireCancelled(call=call):
            return after_leaving(state, call)
        case ReleaseCancelled(call=call, acquire=acquire):
            return after_release(state, call, acquire)
        case ReleaseCalled(call=call, acquire=acquire, inside=inside):
            return after_starting_release(state, call, acquire, inside=inside is not None)
        case ReleaseReturned(call=call, acquire=acquire, error=error):
            if error is not None:
                return after_return(state, call)
            return after_release(state, call, acquire)
        case BlockLeft(acquire=acquire):
            return made_idle(after(state.let_go(acquire), Condition.LEFT_BLOCK), acquire)
        case Dropped(acquire=acquire) | ReplyAwaited(acquire=acquire, timed_out=True):
            return after_dropping(state, acquire)
        case Used(acquire=acquire, trouble=trouble) if trouble:
            return state if _no_wonder(state, acquire) else after(state, Condition.LOST_TRACK)
        case Overdue():
            return after(state, Condition.LOST_TRACK)
        case Quiescent():
            return at_quiescence(seen_open(state, event.open.get(pool, frozenset())), event)
        case _:
            return after_incident(state, event)


def _no_wonder(state: PoolState, acquire: int) -> bool:
    """Whether a holder could not expect its connection to answer."""
    return (
        state.outage
        or Condition.CLOSED in state.conditions
        or state.in_use.get(acquire) in state.dropped
    )
