"""Says what a pool is like when nothing moves: who holds what, who waits, and what is idle."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from poolproof.spec import History
from poolproof.spec.model.events import Event, Names, Overdue, Quiescent
from poolproof.spec.model.replay import step
from poolproof.spec.model.state import Moment, PoolState

from .selection import acting_pools


def snapshots(events: Sequence[Event], names: Names) -> dict[int, str]:
    """What the pools were like whenever nothing moved, by the index of the event that says so."""
    overdue = {
        event.call: index for index, event in enumerate(events) if isinstance(event, Overdue)
    }
    moments = History(tuple(events)).moments
    texts: dict[int, list[str]] = {}
    pools = acting_pools(events)
    for pool in pools:
        waited: Collection[int] = ()
        for moment in moments[pool]:
            if isinstance(moment.event, Quiescent):
                given_up = {call for call, index in overdue.items() if index < moment.index}
                text = _snapshot(moment, moment.event, names, waited, given_up)
                waited = _waiting(moment.before, moment.event)
                named = f"pool {pool}: {text}" if len(pools) > 1 else text
                texts.setdefault(moment.index, []).append(named)
    return {index: "; ".join(each) for index, each in texts.items()}


def _snapshot(
    moment: Moment,
    event: Quiescent,
    names: Names,
    waited: Collection[int],
    given_up: Collection[int],
) -> str:
    state = moment.before
    busy = state.busy - len(state.commands)
    head = f"{busy} of {state.config.max_connections} in use"
    parts = [
        *_holders(state, event, names),
        *_requests(state, event, names, waited, given_up),
        *_surplus(moment.pool, state, event, names),
    ]
    return f"{head}: {'; '.join(parts)}" if parts else head


def _waiting(state: PoolState, event: Quiescent) -> list[int]:
    """The acquires that wait, in the order in which they came."""
    return [call for call in state.requests if call not in event.apart]


def _holders(state: PoolState, event: Quiescent, names: Names) -> Iterator[str]:
    held = [f"{names.callers[call]} has {names.given[call]}" for call in state.in_use]
    if held:
        yield ", ".join(held)
    for call in state.forgotten:
        yield f"nobody has released {names.given[call]}"
    for call in sorted(state.releasing & event.closing):
        yield f"{names.callers[call]} is closing {names.releasing[call]}"
    for call in sorted(state.releasing - event.closing):
        yield f"{names.callers[call]} is still releasing {names.releasing[call]}"


def _requests(
    state: PoolState,
    event: Quiescent,
    names: Names,
    waited: Collection[int],
    given_up: Collection[int],
) -> Iterator[str]:
    # A caller that releases in the middle of an acquire does not wait: it is busy releasing.
    elsewhere = {*given_up, *(names.hosts.get(call) for call in state.releasing)}
    waiting = [call for call in _waiting(state, event) if call not in elsewhere]
    connecting = [names.callers[call] for call in state.requests if call in event.connecting]
    old = [names.callers[call] for call in waiting if call in waited]
    new = [names.callers[call] for call in waiting if call not in waited]
    if connecting:
        yield f"{_and(connecting)} {'is' if len(connecting) == 1 else 'are'} connecting"
    if old:
        yield f"{_and(old)} still {'waits' if len(old) == 1 else 'wait'}"
    if new:
        yield f"{_and(new)} {'waits' if len(new) == 1 else 'wait'}"


def _surplus(pool: str, state: PoolState, event: Quiescent, names: Names) -> Iterator[str]:
    """The connections that nobody holds, as far as it is known that they are nobody's."""
    open_now = event.open.get(pool, frozenset())
    idle = [each for each in step(state, event, pool).idle if each in open_now]
    if idle:
        yield f"{_and(map(names.connection, sorted(idle)))} idle"
    if len(open_now) > state.config.max_connections:
        yield f"the server sees {len(open_now)} open"


def _and(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
