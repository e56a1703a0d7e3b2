"""The abstract pool: what a pool's state must be, given what has been seen of it so far.

`replay` walks a history and says, for each event of one pool, what state came before it. Clauses
are written over these moments. The state is inferred from outside only; a pool's own counters are
not asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TypeVar

from .events import (
    AcquireCalled,
    Acquired,
    AcquireFailed,
    BlockLeft,
    Dropped,
    Event,
    Overdue,
    PoolBuilt,
    ReleaseCalled,
    ReleaseReturned,
    ReplyAwaited,
    Settled,
    Terms,
    Used,
)

_Value = TypeVar("_Value")


class Deed(Enum):
    """Something that has happened to a pool and that a clause may have to take into account."""

    RELEASED = auto()
    """A connection in use was released."""

    LEFT_BLOCK = auto()
    """A ``with`` block was left."""

    TIMED_OUT = auto()
    """An acquire failed while all connections were in use."""

    DROPPED = auto()
    """A holder closed its connection."""

    SECOND_RELEASE = auto()
    """A connection was released again by somebody who no longer held it."""

    FOREIGN_RELEASE = auto()
    """A connection of another pool was released to this one."""

    STRAYED = auto()
    """A connection of this pool was released to another."""

    LOST_TRACK = auto()
    """A call never returned, or a connection does not answer or has two holders: from here on the
    state cannot be known."""


MISUSE = frozenset({Deed.SECOND_RELEASE, Deed.FOREIGN_RELEASE, Deed.STRAYED, Deed.LOST_TRACK})
"""After one of these, only the clauses that speak of the misuse itself still judge."""


@dataclass(frozen=True, slots=True)
class Request:
    """An acquire that has been called and has not returned."""

    called_s: float
    found_full: bool
    """Whether all connections were in use, and no release under way, when it was called."""
    released: bool = False
    """Whether a connection has been released since."""


@dataclass(frozen=True, slots=True)
class PoolState:
    """A pool between two events."""

    terms: Terms
    in_use: Mapping[int, int | None] = field(default_factory=dict)
    """For each acquire whose connection has not been released: that connection."""
    released: Mapping[int, int | None] = field(default_factory=dict)
    """For each acquire whose connection has been released: that connection."""
    released_again: frozenset[int] = frozenset()
    """Connections that were released by somebody who no longer held them."""
    requests: Mapping[int, Request] = field(default_factory=dict)
    """The acquires that have not returned."""
    releasing: frozenset[int] = frozenset()
    """The releases that have not returned."""
    idle: tuple[int, ...] = ()
    """Connections that are not in use, the longest idle first."""
    dropped: frozenset[int] = frozenset()
    """Connections that a holder closed."""
    deeds: frozenset[Deed] = frozenset()
    was_full: bool = False
    """Whether `max_connections` connections have been in use at once."""
    refilling: bool = False
    """Whether every connection had been released and none has been released since."""
    freed_when_full: bool = False
    """Whether the last release took place while all connections were in use."""
    reuse_shown: bool = False
    """Whether an acquire has been served by the release of a pool that had been full."""

    @property
    def free(self) -> int:
        """How many more callers the pool owes a connection at once."""
        taken = len(self.in_use) + len(self.releasing) + len(self.requests)
        return self.terms.max_connections - taken

    @property
    def full(self) -> bool:
        """Whether all connections are in use and nobody else has a claim."""
        return len(self.in_use) >= self.terms.max_connections and not self.releasing

    @property
    def misused(self) -> bool:
        """Whether the pool has been treated in a way that lets most clauses say nothing."""
        return not self.deeds.isdisjoint(MISUSE)


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a pool, and the state before it."""

    index: int
    """Where the event stands in the history."""
    event: Event
    before: PoolState
    others: frozenset[int] = field(default=frozenset())
    """The connections that other pools have handed out so far."""


def replay(events: Sequence[Event], pool: str) -> tuple[Moment, ...]:
    """The moments of one pool, in order, from its construction on."""
    return tuple(_replay(events, pool))


def _replay(events: Sequence[Event], pool: str) -> Iterator[Moment]:
    state: PoolState | None = None
    others: frozenset[int] = frozenset()
    for index, event in enumerate(events):
        if isinstance(event, Acquired) and event.pool != pool and event.connection is not None:
            others |= {event.connection}
        if isinstance(event, PoolBuilt) and event.pool == pool:
            state = PoolState(event.terms)
            yield Moment(index, event, state, others)
        elif state is None:
            continue
        elif isinstance(event, ReleaseCalled) and event.pool != pool:
            if event.acquire in state.in_use:
                state = _after(state, Deed.STRAYED)
        elif isinstance(event, Settled) or getattr(event, "pool", None) == pool:
            yield Moment(index, event, state, others)
            state = step(state, event, pool)


def step(state: PoolState, event: Event, pool: str) -> PoolState:
    """The state after an event of `pool`."""
    match event:
        case AcquireCalled(at_s=at_s, call=call):
            request = Request(at_s, found_full=state.full and not state.requests)
            return replace(state, requests={**state.requests, call: request})
        case Acquired(call=call, connection=connection):
            return _acquired(state, call, connection)
        case AcquireFailed(call=call):
            failed = replace(state, requests=_without(state.requests, call))
            full = state.requests[call].found_full
            return _after(failed, Deed.TIMED_OUT) if full else failed
        case ReleaseCalled(call=call, acquire=acquire):
            return _releasing(state, call, acquire)
        case ReleaseReturned(call=call, acquire=acquire, error=error):
            returned = replace(state, releasing=state.releasing - {call})
            return returned if error else _idle(returned, acquire)
        case BlockLeft(acquire=acquire):
            left = _after(_let_go(state, acquire), Deed.LEFT_BLOCK)
            return _idle(left, acquire)
        case Dropped(acquire=acquire) | ReplyAwaited(acquire=acquire, timed_out=True):
            connection = state.in_use.get(acquire)
            dropped = state.dropped if connection is None else state.dropped | {connection}
            return _after(replace(state, dropped=dropped), Deed.DROPPED)
        case Used(trouble=trouble) if trouble:
            return _after(state, Deed.LOST_TRACK)
        case Overdue():
            return _after(state, Deed.LOST_TRACK)
        case Settled(open=seen):
            return _seen(state, seen.get(pool, frozenset()))
        case _:
            return state


def _after(state: PoolState, deed: Deed) -> PoolState:
    return replace(state, deeds=state.deeds | {deed})


def _without(mapping: Mapping[int, _Value], key: int) -> dict[int, _Value]:
    return {other: value for other, value in mapping.items() if other != key}


def _acquired(state: PoolState, call: int, connection: int | None) -> PoolState:
    if connection is None or connection in state.in_use.values():
        state = _after(state, Deed.LOST_TRACK)
    return replace(
        state,
        requests=_without(state.requests, call),
        in_use={**state.in_use, call: connection},
        idle=tuple(other for other in state.idle if other != connection),
        was_full=state.was_full or len(state.in_use) + 1 >= state.terms.max_connections,
        reuse_shown=state.reuse_shown or state.freed_when_full,
        freed_when_full=False,
    )


def _releasing(state: PoolState, call: int, acquire: int) -> PoolState:
    if acquire in state.in_use:
        let_go = _let_go(state, acquire)
        return _after(replace(let_go, releasing=let_go.releasing | {call}), Deed.RELEASED)
    releasing = replace(state, releasing=state.releasing | {call})
    if acquire not in state.released:
        return _after(releasing, Deed.FOREIGN_RELEASE)
    if state.released[acquire] in state.in_use.values():
        # The connection has been handed out again: this release cannot be told from its new holder's.
        return _after(releasing, Deed.LOST_TRACK)
    again = releasing.released[acquire]
    if again is not None:
        releasing = replace(releasing, released_again=releasing.released_again | {again})
    return _after(releasing, Deed.SECOND_RELEASE)


def _let_go(state: PoolState, acquire: int) -> PoolState:
    """Whoever held the connection of `acquire` holds it no longer."""
    in_use = _without(state.in_use, acquire)
    return replace(
        state,
        in_use=in_use,
        released={**state.released, acquire: state.in_use.get(acquire)},
        requests={
            call: replace(request, released=True) for call, request in state.requests.items()
        },
        refilling=not in_use,
        freed_when_full=state.full,
    )


def _idle(state: PoolState, acquire: int) -> PoolState:
    """Put the connection of `acquire` at the back, unless a waiter has it already or it is gone."""
    connection = state.released.get(acquire)
    taken = connection in state.in_use.values() or connection in state.idle
    if connection is None or taken or connection in state.dropped:
        return state
    return replace(state, idle=(*state.idle, connection))


def _seen(state: PoolState, open_now: frozenset[int]) -> PoolState:
    """Connections that the pool opened ahead of need are idle from when the server shows them."""
    if state.requests:
        return state  # one of them may be what an acquire under way is about to get
    known = {*state.idle, *state.in_use.values(), *state.released.values()}
    unasked = sorted(open_now - known - state.dropped)
    return replace(state, idle=(*state.idle, *unasked))
