"""The course of a pool: how each event changes what is known of its state.

`replay` walks a history and says, for each event of one pool, what state came before it; `step` is the
rule by which it goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from .conditions import Condition
from .events import (
    AcquireCalled,
    AcquireCancelled,
    Acquired,
    AcquireFailed,
    BlockLeft,
    BytesArrived,
    CancelCalled,
    CloseCalled,
    CloseReturned,
    CommandCalled,
    CommandInterrupted,
    CommandReturned,
    Cut,
    DisconnectCalled,
    DisconnectReturned,
    Dropped,
    Event,
    Forgotten,
    LeftUnread,
    Outage,
    OutageOver,
    Overdue,
    PoolBuilt,
    Quiescent,
    ReauthCalled,
    ReleaseCalled,
    ReleaseCancelled,
    ReleaseReturned,
    ReplyAwaited,
    Used,
)
from .state import Moment, PoolState, Request

_Value = TypeVar("_Value")


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
            state = _after(state, Condition.OUTAGE) if outage else state
            yield Moment(pool, index, event, state, others)
        elif state is None:
            continue
        elif isinstance(event, ReleaseCalled) and event.pool != pool:
            if event.acquire in state.in_use:
                state = _after(state, Condition.RELEASED_ELSEWHERE)
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
            asked = _asked(state, at_s, call)
            return asked if timeout_s is None else _after(asked, Condition.OWN_TIMEOUT)
        case Acquired(call=call, connection=connection):
            return _acquired(state, call, connection)
        case AcquireFailed(call=call):
            failed, request = _left(state, call), state.requests[call]
            turned_away = Condition.OUTAGE in state.conditions and (state.outage or request.excused)
            return (
                failed if request.entitled or turned_away else _after(failed, Condition.TIMED_OUT)
            )
        case CancelCalled(call=call):
            return _cancelled(state, call)
        case AcquireCancelled(call=call):
            return _left(state, call)
        case ReleaseCancelled(call=call, acquire=acquire):
            return _released(state, call, acquire)
        case ReleaseCalled(call=call, acquire=acquire, inside=inside):
            releasing = _releasing(_overlapping(state), call, acquire)
            if inside is None:
                return releasing
            return _after(
                replace(releasing, inside=releasing.inside | {call}), Condition.RELEASED_INSIDE
            )
        case ReleaseReturned(call=call, acquire=acquire, error=error):
            if error is None:
                return _released(state, call, acquire)
            return _let_return(state, call)
        case BlockLeft(acquire=acquire):
            left = _after(state.let_go(acquire), Condition.LEFT_BLOCK)
            return _idle(left, acquire)
        case Dropped(acquire=acquire) | ReplyAwaited(acquire=acquire, timed_out=True):
            connection = state.in_use.get(acquire)
            if connection in state.dropped:
                return state  # it was of no use any more
            dropped = state.dropped if connection is None else state.dropped | {connection}
            return _after(replace(state, dropped=dropped), Condition.DROPPED)
        case Used(acquire=acquire, trouble=trouble) if trouble:
            return state if _no_wonder(state, acquire) else _after(state, Condition.LOST_TRACK)
        case Overdue():
            return _after(state, Condition.LOST_TRACK)
        case Quiescent():
            return _quiescent(_seen(state, event.open.get(pool, frozenset())), event)
        case _:
            return _after_the_unusual(state, event)


def _after_the_unusual(state: PoolState, event: Event) -> PoolState:
    """The state after something that does not happen on a quiet day."""
    match event:
        case Cut(connection=connection):
            return _after(
                _lost_sight_of(state, frozenset({connection})), _how_it_was_cut(event, state)
            )
        case Outage():
            return _after(replace(_excusing(state), outage=True), Condition.OUTAGE)
        case OutageOver():
            return replace(state, outage=False)
        case Forgotten(acquire=acquire):
            return _after(_forgotten(state, acquire), Condition.FORGOTTEN)
        case LeftUnread(acquire=acquire):
            held = state.in_use.get(acquire)
            left = frozenset() if held is None else frozenset({held})
            state = replace(_lost_sight_of(state, left), outstanding=state.outstanding | left)
            return _after(state, Condition.UNREAD if left else Condition.LOST_TRACK)
        case BytesArrived(connection=connection):
            return _after(_arrived(state, connection), Condition.UNREAD)
        case CommandCalled(call=call):
            asked = replace(state, commands=state.commands | {call})
            return _after(_with_claims_counted(asked), Condition.COMMANDED)
        case CommandReturned(call=call):
            return replace(state, commands=state.commands - {call})
        case CommandInterrupted(call=call, outstanding=outstanding):
            ended = replace(state, commands=state.commands - {call})
            return _after(ended, Condition.INTERRUPTED) if outstanding else ended
        case CloseCalled(call=call):
            return _after(replace(state, closing=state.closing | {call}), Condition.CLOSED)
        case CloseReturned(call=call, error=error):
            closed = state.closed or error is None
            return replace(state, closing=state.closing - {call}, closed=closed)
        case DisconnectCalled(call=call):
            return _after(_disconnecting(state, call), Condition.DISCONNECTED)
        case DisconnectReturned(call=call):
            return replace(state, disconnecting=state.disconnecting - {call})
        case ReauthCalled():
            # The pool may open all its connections anew.
            known = frozenset(number for number in state.in_use.values() if number is not None)
            return _after(
                _lost_sight_of(_excusing(state), known.union(state.idle)), Condition.LOST_TRACK
            )
        case _:
            return state


def _no_wonder(state: PoolState, acquire: int) -> bool:
    """Whether a holder could not expect its connection to answer."""
    return (
        state.outage
        or Condition.CLOSED in state.conditions
        or state.in_use.get(acquire) in state.dropped
    )


def _how_it_was_cut(cut: Cut, state: PoolState) -> Condition:
    if cut.visible and cut.connection in state.in_use.values():
        return Condition.CUT_HELD
    if cut.visible and cut.connection in state.idle and state.at_rest:
        return Condition.CUT_IDLE
    return Condition.CUT_UNSEEN


def _lost_sight_of(state: PoolState, connections: frozenset[int]) -> PoolState:
    idle = tuple(other for other in state.idle if other not in connections)
    return replace(state, dropped=state.dropped | connections, idle=idle)


def _excusing(state: PoolState) -> PoolState:
    """The state when acquires that have not returned by now may rightly fail."""
    requests = {call: replace(request, excused=True) for call, request in state.requests.items()}
    return replace(state, requests=requests)


def _arrived(state: PoolState, connection: int) -> PoolState:
    """The state when unread bytes are on a connection.

    If a caller may just be getting the connection, nobody can say what came first.
    """
    state = _lost_sight_of(state, frozenset({connection}))
    if not state.at_rest and connection not in state.in_use.values():
        return replace(state, outstanding=state.outstanding | {connection})
    outstanding = state.outstanding - {connection}
    return replace(state, outstanding=outstanding, unread=state.unread | {connection})


def _disconnecting(state: PoolState, call: int) -> PoolState:
    idle = frozenset(state.idle if state.at_rest else ())
    held = frozenset(number for number in state.in_use.values() if number is not None)
    return replace(
        _lost_sight_of(_excusing(state), held.union(state.idle)),
        disconnecting=state.disconnecting | {call},
        to_be_closed=state.to_be_closed | idle,
    )


def _after(state: PoolState, condition: Condition) -> PoolState:
    return (
        state
        if condition in state.conditions
        else replace(state, conditions=state.conditions | {condition})
    )


def _without(mapping: Mapping[int, _Value], key: int) -> dict[int, _Value]:
    return {other: value for other, value in mapping.items() if other != key}


def _asked(state: PoolState, at_s: float, call: int) -> PoolState:
    state = _overlapping(state)
    request = Request(
        at_s,
        found_full=state.full and not state.requests,
        quiescences_before=state.quiescences,
        excused=state.outage or bool(state.disconnecting),
        after_close=state.closed,
    )
    return _with_claims_counted(replace(state, requests={**state.requests, call: request}))


def _overlapping(state: PoolState) -> PoolState:
    """The state when another call is made: calls overlap, unless all others are seen to wait."""
    moving = any(request.blocked_since is None for request in state.requests.values())
    if state.overlapped or not (state.releasing or moving):
        return state
    return replace(state, overlapped=True)


def _with_claims_counted(state: PoolState) -> PoolState:
    """The state when a claim has come: with more claims than slots, no request is entitled to one."""
    if state.free >= 0:
        return state
    requests = {call: replace(request, entitled=False) for call, request in state.requests.items()}
    return replace(state, requests=requests)


def _cancelled(state: PoolState, call: int) -> PoolState:
    if call in state.releasing:
        return _after(state, Condition.CANCELLED_RELEASING)
    if call not in state.requests:
        return state
    request = state.requests[call]
    condition = Condition.CANCELLED_SERVED if request.released else Condition.CANCELLED_WAITING
    condition = Condition.CANCELLED_CONNECTING if request.entitled else condition
    # Whatever becomes of it now, the pool owes it nothing any more.
    gone = replace(request, cancelled=True, found_full=False, entitled=False)
    requests = {**state.requests, call: gone}
    return _after(replace(state, requests=requests), condition)


def _left(state: PoolState, call: int) -> PoolState:
    """The state when an acquire ends with nothing. If it may have been offered a connection, the pool
    may put that back at either end of the queue.
    """
    offered = state.requests[call].released
    requests = _without(state.requests, call)
    return replace(state, requests=requests, overlapped=state.overlapped or offered)


def _released(state: PoolState, call: int, acquire: int) -> PoolState:
    returned = _let_return(state, call)
    return _idle(replace(returned, releases=state.releases + 1), acquire)


def _let_return(state: PoolState, call: int) -> PoolState:
    return replace(state, releasing=state.releasing - {call}, inside=state.inside - {call})


def _quiescent(state: PoolState, event: Quiescent) -> PoolState:
    """The state when nothing moves: callers that have not returned, and do not connect, are seen to
    wait.
    """
    waiting = {call for call in state.requests if call not in event.connecting}
    suffice = state.releases + len(waiting)
    requests = {
        call: replace(request, excused=request.excused or event.connects_held)
        for call, request in state.requests.items()
    }
    for call in waiting:
        request = requests[call]
        blocked_since = (
            state.quiescences if request.blocked_since is None else request.blocked_since
        )
        due_by_release = (
            suffice if request.due_by_release is None else min(request.due_by_release, suffice)
        )
        requests[call] = replace(
            request, blocked_since=blocked_since, due_by_release=due_by_release
        )
    return replace(state, requests=requests, quiescences=state.quiescences + 1)


def _acquired(state: PoolState, call: int, connection: int | None) -> PoolState:
    if connection is None:
        state = _after(state, Condition.USELESS)
    elif connection in state.in_use.values():
        state = _after(state, Condition.LOST_TRACK)
    quiescences_before = state.requests[call].quiescences_before
    remaining = {
        other: replace(request, overtaken_by=call)
        if request.blocked_since is not None
        and request.blocked_since < quiescences_before
        and request.overtaken_by is None
        else request
        for other, request in state.requests.items()
        if other != call
    }
    return replace(
        state,
        requests=remaining,
        in_use={**state.in_use, call: connection},
        forgotten={of: held for of, held in state.forgotten.items() if held != connection},
        idle=tuple(other for other in state.idle if other != connection),
        to_be_closed=state.to_be_closed - {connection},
        was_full=state.was_full or len(state.in_use) + 1 >= state.config.max_connections,
        waiter_served=state.waiter_served or state.requests[call].blocked_since is not None,
        reuse_shown=state.reuse_shown or state.freed_when_full,
        freed_when_full=False,
    )


def _releasing(state: PoolState, call: int, acquire: int) -> PoolState:
    if acquire in state.in_use:
        let_go = state.let_go(acquire)
        return _after(replace(let_go, releasing=let_go.releasing | {call}), Condition.RELEASED)
    releasing = replace(state, releasing=state.releasing | {call})
    if acquire not in state.released:
        return _after(releasing, Condition.FOREIGN_RELEASE)
    if state.released[acquire] in state.in_use.values():
        # The connection has been handed out again: this release cannot be told from its new holder's.
        return _after(releasing, Condition.LOST_TRACK)
    again = releasing.released[acquire]
    if again is not None:
        releasing = replace(releasing, released_again=releasing.released_again | {again})
    return _after(releasing, Condition.SECOND_RELEASE)


def _forgotten(state: PoolState, acquire: int) -> PoolState:
    """The state when a holder lets go of its connection: nobody knows whether the slot is free."""
    let_go = replace(state.let_go(acquire), freed_when_full=False)
    return replace(let_go, forgotten={**state.forgotten, acquire: state.in_use.get(acquire)})


def _idle(state: PoolState, acquire: int) -> PoolState:
    """The state with the connection of `acquire` at the back, unless a waiter has it or it is gone."""
    connection = state.released.get(acquire)
    taken = connection in state.in_use.values() or connection in state.idle
    if connection is None or taken or connection in state.dropped:
        return state
    return replace(state, idle=(*state.idle, connection))


def _seen(state: PoolState, open_now: frozenset[int]) -> PoolState:
    """The state when the server has shown these connections. Those that no caller has had yet are
    idle: the pool opened them ahead of need.
    """
    if not state.outstanding <= open_now:
        # What is closed can bring nothing any more.
        state = replace(state, outstanding=state.outstanding & open_now)
    if state.requests:
        return state  # one of them may be what an acquire under way is about to get
    known = {*state.idle, *state.in_use.values(), *state.released.values()}
    unasked = sorted(open_now - known - state.dropped)
    return replace(state, idle=(*state.idle, *unasked)) if unasked else state
