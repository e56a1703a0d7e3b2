"""What a pool's state is after something that does not happen on a quiet day."""

from dataclasses import replace

from .conditions import Condition
from .events import (
    BytesArrived,
    CloseCalled,
    CloseReturned,
    CommandCalled,
    CommandInterrupted,
    CommandReturned,
    Cut,
    DisconnectCalled,
    DisconnectReturned,
    Event,
    Forgotten,
    LeftUnread,
    Outage,
    OutageOver,
    ReauthCalled,
)
from .state import PoolState
from .transitions import after, excusing, lost_sight_of, with_claims_counted


def after_incident(state: PoolState, event: Event) -> PoolState:
    """The state after something that does not happen on a quiet day."""
    match event:
        case Cut(connection=connection):
            without = lost_sight_of(state, frozenset({connection}))
            return after(without, _how_it_was_cut(event, state))
        case Outage():
            return after(replace(excusing(state), outage=True), Condition.OUTAGE)
        case OutageOver():
            return replace(state, outage=False)
        case Forgotten(acquire=acquire):
            return after(_forgotten(state, acquire), Condition.FORGOTTEN)
        case LeftUnread(acquire=acquire):
            return _left_unread(state, acquire)
        case BytesArrived(connection=connection):
            return after(_arrived(state, connection), Condition.UNREAD)
        case CommandCalled(call=call):
            asked = replace(state, commands=state.commands | {call})
            return after(with_claims_counted(asked), Condition.COMMANDED)
        case CommandReturned(call=call):
            return replace(state, commands=state.commands - {call})
        case CommandInterrupted(call=call, outstanding=outstanding):
            ended = replace(state, commands=state.commands - {call})
            return after(ended, Condition.INTERRUPTED) if outstanding else ended
        case CloseCalled(call=call):
            return after(replace(state, closing=state.closing | {call}), Condition.CLOSED)
        case CloseReturned(call=call, error=error):
            closed = state.closed or error is None
            return replace(state, closing=state.closing - {call}, closed=closed)
        case DisconnectCalled(call=call):
            return after(_disconnecting(state, call), Condition.DISCONNECTED)
        case DisconnectReturned(call=call):
            return replace(state, disconnecting=state.disconnecting - {call})
        case ReauthCalled():
            # The pool may open all its connections anew.
            unseen = lost_sight_of(excusing(state), _held(state).union(state.idle))
            return after(unseen, Condition.LOST_TRACK)
        case _:
            return state


def _held(state: PoolState) -> frozenset[int]:
    return frozenset(number for number in state.in_use.values() if number is not None)


def _left_unread(state: PoolState, acquire: int) -> PoolState:
    held = state.in_use.get(acquire)
    if held is None:
        return after(state, Condition.LOST_TRACK)
    left = frozenset({held})
    unread = replace(lost_sight_of(state, left), outstanding=state.outstanding | left)
    return after(unread, Condition.UNREAD)


def _how_it_was_cut(cut: Cut, state: PoolState) -> Condition:
    if cut.visible and cut.connection in state.in_use.values():
        return Condition.CUT_HELD
    if cut.visible and cut.connection in state.idle and state.at_rest:
        return Condition.CUT_IDLE
    return Condition.CUT_UNSEEN


def _arrived(state: PoolState, connection: int) -> PoolState:
    """The state when unread bytes are on a connection.

    If a caller may just be getting the connection, nobody can say what came first.
    """
    state = lost_sight_of(state, frozenset({connection}))
    if not state.at_rest and connection not in state.in_use.values():
        return replace(state, outstanding=state.outstanding | {connection})
    outstanding = state.outstanding - {connection}
    return replace(state, outstanding=outstanding, unread=state.unread | {connection})


def _disconnecting(state: PoolState, call: int) -> PoolState:
    idle = frozenset(state.idle if state.at_rest else ())
    return replace(
        lost_sight_of(excusing(state), _held(state).union(state.idle)),
        disconnecting=state.disconnecting | {call},
        to_be_closed=state.to_be_closed | idle,
    )


def _forgotten(state: PoolState, acquire: int) -> PoolState:
    """The state when a holder lets go of its connection: nobody knows whether the slot is free."""
    let_go = replace(state.let_go(acquire), freed_when_full=False)
    return replace(let_go, forgotten={**state.forgotten, acquire: state.in_use.get(acquire)})
