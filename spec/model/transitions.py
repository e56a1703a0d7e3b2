"""What a pool's state is after its callers have asked, waited, returned or been cancelled."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from .conditions import Condition
from .events import Quiescent
from .state import PoolState, Request

_Value = TypeVar("_Value")


def after(state: PoolState, condition: Condition) -> PoolState:
    """The state under a further condition."""
    if condition in state.conditions:
        return state
    return replace(state, conditions=state.conditions | {condition})


def after_asking(state: PoolState, at_s: float, call: int) -> PoolState:
    """The state after an acquire has been called."""
    state = overlapping(state)
    request = Request(
        at_s,
        found_full=state.full and not state.requests,
        quiescences_before=state.quiescences,
        excused=state.outage or bool(state.disconnecting),
        after_close=state.closed,
    )
    return with_claims_counted(replace(state, requests={**state.requests, call: request}))


def after_acquiring(state: PoolState, call: int, connection: int | None) -> PoolState:
    """The state after an acquire has returned a connection, or None for one that does not answer."""
    if connection is None:
        state = after(state, Condition.USELESS)
    elif connection in state.in_use.values():
        state = after(state, Condition.LOST_TRACK)
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


def after_leaving(state: PoolState, call: int) -> PoolState:
    """The state when an acquire ends with nothing. If it may have been offered a connection, the pool
    may put that back at either end of the queue.
    """
    offered = state.requests[call].released
    requests = _without(state.requests, call)
    return replace(state, requests=requests, overlapped=state.overlapped or offered)


def after_failing(state: PoolState, call: int) -> PoolState:
    """The state after an acquire has raised."""
    failed, request = after_leaving(state, call), state.requests[call]
    turned_away = Condition.OUTAGE in state.conditions and (state.outage or request.excused)
    return failed if request.entitled or turned_away else after(failed, Condition.TIMED_OUT)


def after_cancelling(state: PoolState, call: int) -> PoolState:
    """The state after the caller of an acquire or a release has been cancelled."""
    if call in state.releasing:
        return after(state, Condition.CANCELLED_RELEASING)
    if call not in state.requests:
        return state
    request = state.requests[call]
    condition = Condition.CANCELLED_SERVED if request.released else Condition.CANCELLED_WAITING
    condition = Condition.CANCELLED_CONNECTING if request.entitled else condition
    # Whatever becomes of it now, the pool owes it nothing any more.
    gone = replace(request, cancelled=True, found_full=False, entitled=False)
    requests = {**state.requests, call: gone}
    return after(replace(state, requests=requests), condition)


def overlapping(state: PoolState) -> PoolState:
    """The state when another call is made: calls overlap, unless all others are seen to wait."""
    moving = any(request.blocked_since is None for request in state.requests.values())
    if state.overlapped or not (state.releasing or moving):
        return state
    return replace(state, overlapped=True)


def with_claims_counted(state: PoolState) -> PoolState:
    """The state when a claim has come: with more claims than slots, no request is entitled to one."""
    if state.free >= 0:
        return state
    requests = {call: replace(request, entitled=False) for call, request in state.requests.items()}
    return replace(state, requests=requests)


def after_starting_release(state: PoolState, call: int, acquire: int, *, inside: bool) -> PoolState:
    """The state after a release has been called, or one `inside` another call of the same thread."""
    state = _after_giving_back(overlapping(state), call, acquire)
    if not inside:
        return state
    return after(replace(state, inside=state.inside | {call}), Condition.RELEASED_INSIDE)


def _after_giving_back(state: PoolState, call: int, acquire: int) -> PoolState:
    if acquire in state.in_use:
        let_go = state.let_go(acquire)
        return after(replace(let_go, releasing=let_go.releasing | {call}), Condition.RELEASED)
    releasing = replace(state, releasing=state.releasing | {call})
    if acquire not in state.released:
        return after(releasing, Condition.FOREIGN_RELEASE)
    if state.released[acquire] in state.in_use.values():
        # The connection has been handed out again: this release cannot be told from its new holder's.
        return after(releasing, Condition.LOST_TRACK)
    again = releasing.released[acquire]
    if again is not None:
        releasing = replace(releasing, released_again=releasing.released_again | {again})
    return after(releasing, Condition.SECOND_RELEASE)


def after_release(state: PoolState, call: int, acquire: int) -> PoolState:
    """The state after a release has given the connection of `acquire` back."""
    returned = after_return(state, call)
    return made_idle(replace(returned, releases=state.releases + 1), acquire)


def after_return(state: PoolState, call: int) -> PoolState:
    """The state after a release has come to an end, whether or not it gave anything back."""
    return replace(state, releasing=state.releasing - {call}, inside=state.inside - {call})


def made_idle(state: PoolState, acquire: int) -> PoolState:
    """The state with the connection of `acquire` at the back, unless a waiter has it or it is gone."""
    connection = state.released.get(acquire)
    taken = connection in state.in_use.values() or connection in state.idle
    if connection is None or taken or connection in state.dropped:
        return state
    return replace(state, idle=(*state.idle, connection))


def at_quiescence(state: PoolState, event: Quiescent) -> PoolState:
    """The state when nothing moves: callers that have not returned, and do not connect, are seen to
    wait.
    """
    waiting = {call for call in state.requests if call not in event.apart}
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


def seen_open(state: PoolState, open_now: frozenset[int]) -> PoolState:
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


def excusing(state: PoolState) -> PoolState:
    """The state when acquires that have not returned by now may rightly fail."""
    requests = {call: replace(request, excused=True) for call, request in state.requests.items()}
    return replace(state, requests=requests)


def after_dropping(state: PoolState, acquire: int) -> PoolState:
    """The state after a holder has closed the connection of `acquire`."""
    connection = state.in_use.get(acquire)
    if connection in state.dropped:
        return state  # it was of no use any more
    dropped = state.dropped if connection is None else state.dropped | {connection}
    return after(replace(state, dropped=dropped), Condition.DROPPED)


def lost_sight_of(state: PoolState, connections: frozenset[int]) -> PoolState:
    """The state in which these connections are in nobody's reckoning: not idle, and dropped."""
    idle = tuple(other for other in state.idle if other not in connections)
    return replace(state, dropped=state.dropped | connections, idle=idle)


def _without(mapping: Mapping[int, _Value], key: int) -> dict[int, _Value]:
    return {other: value for other, value in mapping.items() if other != key}
