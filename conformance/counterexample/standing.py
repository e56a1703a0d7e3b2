"""Says what a pool is like when nothing moves: who holds what, who waits, and what is idle."""

from collections.abc import Collection, Iterable, Iterator

from poolproof.spec.model.events import Quiescent
from poolproof.spec.model.replay import step
from poolproof.spec.model.state import PoolState

from .names import Names


def waiting_in(state: PoolState, event: Quiescent) -> list[int]:
    """The acquires that wait, in the order in which they came."""
    return [call for call in state.requests if call not in event.connecting]


def told_standing(
    pool: str,
    state: PoolState,
    event: Quiescent,
    names: Names,
    *,
    waited: Collection[int],
    given_up: Collection[int],
) -> str:
    """The pool as it is at `event`, given the state before it, and who `waited` the last time."""
    busy = state.busy - len(state.commands)
    head = f"{busy} of {state.config.max_connections} in use"
    parts = [
        *_holders(state, names),
        *_requests(state, event, names, waited, given_up),
        *_surplus(pool, state, event, names),
    ]
    return f"{head}: {'; '.join(parts)}" if parts else head


def _holders(state: PoolState, names: Names) -> Iterator[str]:
    held = [f"{names.caller[call]} has {names.given[call]}" for call in state.in_use]
    if held:
        yield ", ".join(held)
    for call in state.forgotten:
        yield f"nobody has released {names.given[call]}"
    for call in sorted(state.releasing):
        yield f"{names.caller[call]} is still releasing {names.releasing[call]}"


def _requests(
    state: PoolState,
    event: Quiescent,
    names: Names,
    waited: Collection[int],
    given_up: Collection[int],
) -> Iterator[str]:
    # Who makes a release in the middle of an acquire does not wait: it is busy releasing.
    elsewhere = {*given_up, *(names.host.get(call) for call in state.releasing)}
    waiting = [call for call in waiting_in(state, event) if call not in elsewhere]
    connecting = [call for call in state.requests if call in event.connecting]
    old = [names.caller[call] for call in waiting if call in waited]
    new = [names.caller[call] for call in waiting if call not in waited]
    if connecting:
        told = [names.caller[call] for call in connecting]
        yield f"{_and(told)} {'is' if len(told) == 1 else 'are'} connecting"
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
