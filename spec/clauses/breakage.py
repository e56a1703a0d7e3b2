"""Breakage: what a pool does when connections break, and when they carry what is not meant for them.

A clause speaks only of pools to which nothing else has happened that could have cost the same. While
the server cannot be reached a pool owes nobody a connection; what counts is how it goes on.
"""

from collections.abc import Iterator

from ..capabilities import Capability
from ..clause import MUST, RESILIENT, clause
from ..model.conditions import CUTS, ORDINARY, Condition
from ..model.events import Acquired, AcquireFailed, CommandReturned, Event, Overdue
from ..model.history import History
from ..model.judgement import Judgement
from ..model.obligations import (
    denied,
    fills_the_pool,
    kept_waiting,
    moments_after,
    nothing_lost,
    serves_waiters,
    useless,
    was_ever_full,
)
from ..model.state import Moment
from ..model.timing import waits_in_vain


@clause(
    "BRK-1",
    MUST,
    RESILIENT,
    judged_with={Condition.RELEASED, Condition.CUT_IDLE},
    speaks_of={Condition.CUT_IDLE},
)
def a_connection_closed_while_idle_is_not_handed_out(history: History) -> Iterator[Judgement]:
    """
    An acquire that comes upon an idle connection that the server has closed, that the network has
    ended, or at which a look fails, MUST NOT hand it out as it is, but return a connection that works.

    Servers and firewalls close what is idle for long, and a restart closes everything. The first
    callers of the morning, or after an upgrade, then get errors, although a look at the socket
    would have shown that the connection was dead. See redis/redis-py#1140.
    """
    yield from _goes_on_after(history, Condition.CUT_IDLE, "after an idle connection had broken")


@clause(
    "BRK-2",
    MUST,
    RESILIENT,
    judged_with={
        Condition.RELEASED,
        Condition.UNREAD,
        Condition.COMMANDED,
        # A reply may come late because the server had been silent.
        Condition.OUTAGE,
        Condition.CUT_UNSEEN,
    },
    speaks_of={Condition.UNREAD},
)
def what_nobody_has_read_reaches_no_other_caller(history: History) -> Iterator[Judgement]:
    """
    Bytes that have arrived on a connection and that nobody has read MUST NOT reach another caller as
    the reply to its command: the connection is emptied or closed before it is handed out.

    A caller gives up on a reply, and the reply comes all the same. The next holder of the
    connection takes it for its own, and each later caller is given the reply to the command before.
    One user is shown the data of another, and nothing ever raises.
    """
    for moment in history.judged_moments:
        state = moment.before
        if not state.unread or state.outstanding:
            continue  # of a reply that is still to come nobody can see anything
        broken = _foreign_reply(moment.event)
        if broken is not None:
            yield Judgement(
                moment.index,
                f"bytes that nobody had read were on a connection before it was handed out, and "
                f"{broken}",
            )
        elif _was_handed_out(moment, state.unread):
            yield Judgement(moment.index)


@clause(
    "BRK-3",
    MUST,
    RESILIENT,
    judged_with={Condition.RELEASED, Condition.CUT_HELD},
    speaks_of={Condition.CUT_HELD},
)
def a_connection_that_breaks_in_use_costs_no_slot(history: History) -> Iterator[Judgement]:
    """
    When a connection has broken while it was in use, and is released, its slot MUST serve another
    caller, with a connection that works.

    The holder gets an error, and releases as usual. A pool that throws the broken connection away,
    and forgets that another may take its place, serves one caller less after each broken
    connection, until it serves none.
    """
    yield from _goes_on_after(
        history, Condition.CUT_HELD, "after a connection had broken while it was in use"
    )


@clause(
    "BRK-4",
    MUST,
    RESILIENT,
    judged_with={Condition.RELEASED, Condition.OUTAGE, Condition.DISCONNECTED, *CUTS},
    speaks_of={Condition.OUTAGE},
)
def a_failed_connect_is_told_and_costs_no_slot(history: History) -> Iterator[Judgement]:
    """
    When a connection cannot be opened, or fails when the pool looks at it or closes it, in an
    acquire, a release or when the pool disconnects, an acquire MUST NOT end as if the pool were
    exhausted, and the slot is free again, for newcomers and for waiters.

    If operators are told that the pool is exhausted, they make it larger, although it is the server
    that turns everybody away. If the slot is lost, or the next waiter is not told of it, an outage
    of seconds leaves a pool that serves nobody.
    """
    exhausted = {
        vain.error.type_name
        for vain in waits_in_vain(history.judged_with(ORDINARY))
        if vain.error is not None and not vain.early and not vain.error.is_generic
    }
    without_disconnecting = {Condition.RELEASED, Condition.OUTAGE, *CUTS}
    yield from _told_as(exhausted, history.judged_with(without_disconnecting))
    yield from _recoveries(history, cuts=False)


@clause(
    "BRK-5",
    MUST,
    RESILIENT,
    judged_with={Condition.RELEASED, Condition.OUTAGE, Condition.DROPPED, Condition.USELESS, *CUTS},
    speaks_of={Condition.OUTAGE},
)
def a_pool_outlives_an_outage(history: History) -> Iterator[Judgement]:
    """
    When the server can be reached again after an outage, however many connections have broken and
    however many acquires have failed, `max_connections` callers MUST get working connections again,
    after at most one failed acquire for each connection.

    Servers are restarted, and fail over. If its pool does not recover by itself, an application
    stays down until somebody restarts it, hours after the server has come back. See
    redis/redis-py#3034.
    """
    yield from _recoveries(history, cuts=True)


@clause(
    "BRK-6",
    MUST,
    RESILIENT,
    needs=Capability.CLIENT,
    judged_with={Condition.RELEASED, Condition.COMMANDED, Condition.INTERRUPTED},
    speaks_of={Condition.INTERRUPTED},
)
def an_interrupted_command_leaves_no_reply_behind(history: History) -> Iterator[Judgement]:
    """
    When a command of the client is interrupted while its reply is outstanding, by an exception, a
    cancellation or a timeout, that reply MUST NOT reach another caller: the connection is closed, or
    the reply is read, before anybody else uses it.

    A request is abandoned, its task is cancelled, and the connection goes back although a reply is
    still to come. From then on each command on it returns the reply to the command before. Users
    have been shown the data of other users for this reason. See redis/redis-py#2624 and
    redis/redis-py#2665.
    """
    for moment in history.judged_moments:
        if Condition.INTERRUPTED not in moment.before.conditions:
            continue
        broken = _foreign_reply(moment.event)
        if broken is not None:
            yield Judgement(
                moment.index,
                f"after a command had been interrupted while its reply was outstanding, {broken}",
            )
        elif _was_handed_out(moment, frozenset()):
            yield Judgement(moment.index)


def _goes_on_after(history: History, cut: Condition, preface: str) -> Iterator[Judgement]:
    """Judge how a pool goes on after connections were cut in one way: as if they had not been."""
    moments = moments_after(history, cut)
    yield from nothing_lost(
        history, moments, preface, otherwise=useless, upheld=_fills_with_new_ones
    )


def _fills_with_new_ones(moment: Moment) -> bool:
    state = moment.before
    return fills_the_pool(moment) and state.dropped.isdisjoint(state.in_use.values())


def _foreign_reply(event: Event) -> str | None:
    """Who was given bytes that were not the reply to what it had sent."""
    match event:
        case Acquired(connection=None, foreign=True, trouble=trouble):
            return f"the caller who acquired it next was given them ({trouble})"
        case CommandReturned(foreign=foreign) if foreign:
            return f"a later command was given a reply that was not its own ({foreign})"
        case _:
            return None


def _was_handed_out(moment: Moment, connections: frozenset[int]) -> bool:
    """Whether one of these connections has a new holder now, or every connection has."""
    state, event = moment.before, moment.event
    match event:
        case Acquired(connection=connection):
            return connection in connections or fills_the_pool(moment)
        case CommandReturned(error=None):
            return state.config.max_connections == 1
        case _:
            return False


def _told_as(exhausted: set[str], history: History) -> Iterator[Judgement]:
    """Judge what callers are told whom the server turns away, though the pool has slots for them."""
    for moment in history.judged_moments:
        state, event = moment.before, moment.event
        if not state.outage or not isinstance(event, AcquireFailed):
            continue
        if state.requests[event.call].entitled and event.error.type_name in exhausted:
            busy = len(state.in_use)
            yield Judgement(
                moment.index,
                f"while nobody could connect, and {busy} of {state.config.max_connections} were in "
                f"use, an acquire failed with {event.error}, which is how it fails when all are",
            )


def _recoveries(history: History, *, cuts: bool) -> Iterator[Judgement]:
    """Judge how pools go on after an outage in which connections were cut, or were not."""
    if not was_ever_full(history):
        return
    serves = serves_waiters(history)
    for moments in history.judged_pools:
        failed = 0
        for moment in moments:
            state = moment.before
            if Condition.OUTAGE not in state.conditions or state.outage:
                failed = 0
                continue
            if cuts == CUTS.isdisjoint(state.conditions):
                continue
            refused = denied(moment)
            failed += refused is not None
            broken = _not_recovered(moment, refused, failed)
            if broken is None and serves:
                broken = kept_waiting(moment)
            if broken is not None:
                yield Judgement(moment.index, f"after an outage, {broken}", moment.pool)
            elif fills_the_pool(moment):
                yield Judgement(moment.index)


def _not_recovered(moment: Moment, refused: str | None, failed: int) -> str | None:
    if refused is None:
        return None
    if isinstance(moment.event, Overdue):
        # Who asks a connection through which nothing comes may wait as long as its socket does.
        return None if Condition.CUT_UNSEEN in moment.before.conditions else refused
    if failed <= moment.before.config.max_connections:
        return None
    return f"{failed} acquires failed, more than the pool has connections; at last, {refused}"
