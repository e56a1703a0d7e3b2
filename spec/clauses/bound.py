"""Bound: how many connections there may be, and that every one of them can be used."""

from collections.abc import Iterator

from ..clause import CORE, MUST, SHOULD, clause
from ..model.arguments import refused
from ..model.conditions import ORDINARY, STATE_KNOWN, Condition
from ..model.events import Acquired, ArgumentTried, Quiescent
from ..model.history import History
from ..model.judgement import Judgement
from ..model.obligations import denied, fills_the_pool, lost, moments_after, serves_waiters

BY_CALLERS = ORDINARY | {
    Condition.FORGOTTEN,
    Condition.UNREAD,
    Condition.COMMANDED,
    Condition.INTERRUPTED,
}
"""What those may do who acquire and release."""


@clause("BND-1", MUST, CORE, judged_with=STATE_KNOWN)
def never_more_than_max_connections(history: History) -> Iterator[Judgement]:
    """
    There MUST never be more than `max_connections` connections, counting those in use, idle and
    being opened.

    Operators add up the pools of all their processes and compare the sum with the server's
    ``maxclients``. One connection too many makes a connect fail in some other process, not in ours.
    """
    for moment in history.judged_moments:
        state, event = moment.before, moment.event
        most = state.config.max_connections
        if isinstance(event, Acquired):
            held = {*state.in_use.values(), event.connection} - {None, *state.dropped}
            if len(held) > most:
                yield Judgement(
                    moment.index,
                    f"{len(held)} connections are in use at once, with max_connections={most}",
                )
            elif len(held) == most:
                yield Judgement(moment.index)
        elif isinstance(event, Quiescent) and not state.outage:
            # Of a connection that the network has cut the server may not have heard.
            seen = event.open.get(moment.pool, frozenset()) - state.dropped
            if len(seen) > most:
                yield Judgement(
                    moment.index,
                    f"the server sees {len(seen)} connections of the pool, with "
                    f"max_connections={most}",
                    moment.pool,
                )


@clause("BND-2", MUST, CORE, judged_with=frozenset())
def every_slot_can_be_used(history: History) -> Iterator[Judgement]:
    """
    `max_connections` callers of a new pool MUST each get a working connection without any of them
    releasing.

    An operator who sizes a pool for ten parallel callers must be able to serve ten. A pool that turns
    the tenth away, or serves it with a connection that does not answer, fails only under full load.
    """
    for moment in history.judged_moments:
        broken = denied(moment)
        if broken is not None or fills_the_pool(moment):
            yield Judgement(moment.index, broken)


@clause("BND-3", MUST, CORE, judged_with=BY_CALLERS)
def capacity_is_conserved(history: History) -> Iterator[Judgement]:
    """
    Whatever callers have done before, once every connection has been released, `max_connections`
    acquires MUST succeed again; and a connection that is never released costs no slot but its own.

    A slot that is lost never comes back. The pool gets smaller with every timeout, error or closed
    connection. Days later it serves nobody, and only a restart helps.
    """
    for moment in history.judged_moments:
        if not moment.before.refilling or not moment.before.was_full:
            continue  # a slot that could never be used has not been lost
        if isinstance(moment.event, Acquired) and moment.event.foreign:
            continue  # the slot is there, and what was left in it is for BRK-2 and BRK-6
        broken = denied(moment)
        if broken is not None:
            yield Judgement(moment.index, f"after every connection was released, {broken}")
        elif fills_the_pool(moment):
            yield Judgement(moment.index)
    yield from _other_slots(history.judged_with({Condition.RELEASED, Condition.FORGOTTEN}))


def _other_slots(history: History) -> Iterator[Judgement]:
    """Judge who else is served when a connection is not released: the pool need not get it back."""
    serves = serves_waiters(history)
    for moment in moments_after(history, Condition.FORGOTTEN):
        broken = lost(moment, serves_waiters=serves)
        if broken is not None:
            yield Judgement(
                moment.index, f"a holder let go of its connection, and then {broken}", moment.pool
            )


@clause("BND-4", SHOULD, CORE, speaks_of={ArgumentTried})
def senseless_max_connections_is_refused(history: History) -> Iterator[Judgement]:
    """
    A pool SHOULD refuse a `max_connections` that is not an int of at least 1, with a ValueError or
    a TypeError.

    A faulty configuration may hold a senseless bound. If the pool silently replaces it by a
    default, or takes it to mean no bound, nobody notices before the server runs out of connections.
    """
    yield from refused(history, "max_connections")
