"""Release: what becomes of a connection that is given back, rightly or wrongly."""

from collections.abc import Iterator

from ..capabilities import Capability
from ..clause import CORE, MUST, clause
from ..model.conditions import ALL, ORDINARY, STATE_KNOWN, Condition
from ..model.duration import duration
from ..model.events import Acquired, AcquireFailed, Overdue, Quiescent, ReleaseReturned
from ..model.history import History
from ..model.judgement import Judgement
from ..model.obligations import denied, fills_the_pool
from ..model.state import Moment

BLAMELESS = frozenset({Condition.RELEASED, Condition.DROPPED, Condition.TIMED_OUT})
"""What may have happened to a pool besides a misuse, so that the misuse is to blame."""


@clause("RET-1", MUST, CORE, judged_with={Condition.RELEASED})
def a_released_connection_serves_the_next_caller(history: History) -> Iterator[Judgement]:
    """
    When a release returns, the connection MUST be available to exactly one next caller.

    If it is available to none, the pool has lost a slot; if to two, they read each other's replies.
    """
    for moment in history.judged_moments:
        event = moment.event
        if isinstance(event, ReleaseReturned) and event.error is not None:
            yield Judgement(
                moment.index, f"the release of a connection in use raised {event.error}"
            )
        elif moment.before.freed_when_full:
            broken = denied(moment)
            if broken is not None:
                yield Judgement(moment.index, f"after a release, {broken}")
            elif isinstance(event, Acquired):
                yield Judgement(moment.index)


@clause("RET-2", MUST, CORE, judged_with=STATE_KNOWN)
def a_connection_has_one_holder(history: History) -> Iterator[Judgement]:
    """
    A connection MUST have at most one holder at a time.

    Replies come in the order of the commands and carry no name. Two callers on one connection get
    each other's replies, and one user is shown the data of another.
    """
    for moment in history.judged_moments:
        event = moment.event
        if isinstance(event, Acquired) and event.connection is not None and moment.before.in_use:
            yield Judgement(moment.index, _shared(moment, event))


@clause(
    "RET-3",
    MUST,
    CORE,
    judged_with={*BLAMELESS, Condition.SECOND_RELEASE},
    speaks_of={Condition.SECOND_RELEASE},
)
def a_second_release_changes_nothing(history: History) -> Iterator[Judgement]:
    """
    Releasing a connection again, while nobody holds it, MUST NOT make it available twice, nor change
    how many connections can be in use, whether the release raises or not.

    Second releases happen: an error path and a ``finally`` both release. If the pool takes the
    connection back twice, it hands it out to two callers at once. If it counts the release twice,
    it loses a slot or invents one.
    """
    yield from _unchanged_by(history, Condition.SECOND_RELEASE, "a second release")


@clause(
    "RET-4",
    MUST,
    CORE,
    judged_with={*BLAMELESS, Condition.FOREIGN_RELEASE},
    speaks_of={Condition.FOREIGN_RELEASE},
)
def a_foreign_connection_never_enters_the_pool(history: History) -> Iterator[Judgement]:
    """
    Releasing a connection that the pool did not hand out MUST NOT let it enter the pool, nor change
    how many connections can be in use, whether the release raises or not.

    The foreign connection may lead to another server, another database or another user, and its own
    pool still counts it. A pool that adopts it sends the next caller's commands there, or exceeds
    its own bound.
    """
    yield from _unchanged_by(
        history, Condition.FOREIGN_RELEASE, "the release of a foreign connection"
    )


def _unchanged_by(history: History, misuse: Condition, preface: str) -> Iterator[Judgement]:
    """Judge how a pool goes on after one kind of misuse: as if it had not happened.

    A pool that loses slots or serves surplus callers anyway is not judged here. The same history must
    show that an honest release is enough to serve the next caller, and that this pool or the one
    beside it turns a surplus caller away.
    """
    bounded = _turned_a_surplus_caller_away(history)
    for moments in history.judged_pools:
        shown_before = False
        for moment in moments:
            if misuse not in moment.before.conditions:
                shown_before = moment.before.reuse_shown
                continue
            broken = _changed(moment, shown_before, bounded)
            if broken is not None:
                yield Judgement(moment.index, f"after {preface}, {broken}")
            elif fills_the_pool(moment):
                yield Judgement(moment.index)


def _changed(moment: Moment, shown_before: bool, bounded: bool) -> str | None:
    state, event = moment.before, moment.event
    most = state.config.max_connections
    if isinstance(event, Acquired):
        if event.connection in moment.others:
            return f"acquire handed out connection {event.connection}, which is another pool's"
        spare = len(state.in_use) < most
        if event.connection in state.released_again and (spare or bounded):
            shared = _shared(moment, event)
            if shared is not None:
                return shared
        if bounded and len(state.in_use) >= most:
            return f"{len(state.in_use) + 1} callers hold connections, with max_connections={most}"
        return None
    return denied(moment) if shown_before else None


def _turned_a_surplus_caller_away(history: History) -> bool:
    """Whether a pool in ordinary use kept to its bound."""
    return any(
        isinstance(moment.event, AcquireFailed)
        and moment.before.conditions <= ORDINARY
        and moment.before.requests[moment.event.call].found_full
        for moments in history.moments.values()
        for moment in moments
    )


def _shared(moment: Moment, event: Acquired) -> str | None:
    others = [call for call, held in moment.before.in_use.items() if held == event.connection]
    if event.connection is None or not others:
        return None
    return f"connection {event.connection} was handed out while another caller still held it"


@clause("RET-5", MUST, CORE, judged_with=ALL - {Condition.RELEASED_INSIDE})
def release_waits_for_nobody(history: History) -> Iterator[Judgement]:
    """
    A release MUST return without waiting for the server or for another caller.

    Clients release in a ``finally``, often because the server has just stopped answering. A release
    that waits for it turns one slow reply into a stuck application.
    """
    for moment in history.judged_moments:
        releasing = moment.before.releasing
        match moment.event:
            case Overdue(call=call, waited_s=waited_s) if call in releasing:
                broken = f"a release had not returned after {duration(waited_s)}"
                yield Judgement(moment.index, broken)
            case Quiescent(certain=True, closing=closing) if releasing - closing:
                yield Judgement(
                    moment.index,
                    "nothing moves any more, and a release has not returned: it waits for another "
                    "caller",
                    moment.pool,
                )
            case ReleaseReturned(waited_for_reply=True):
                yield Judgement(
                    moment.index,
                    "a release did not return until the server sent the reply that it owed the "
                    "connection",
                )
            case ReleaseReturned(reply_outstanding=True):
                yield Judgement(moment.index)
            case _:
                pass


@clause(
    "RET-6",
    MUST,
    CORE,
    needs=Capability.CONTEXT_MANAGER,
    judged_with={Condition.LEFT_BLOCK},
    speaks_of={Condition.LEFT_BLOCK},
)
def leaving_the_block_releases(history: History) -> Iterator[Judgement]:
    """
    A ``with`` block that holds a connection MUST release it however the block is left: at its end,
    by an exception, or by a BaseException such as KeyboardInterrupt.

    Callers who use the block have no other release. If an interrupted request costs a slot, the
    slot is lost for good.
    """
    for moment in history.judged_moments:
        state = moment.before
        if Condition.LEFT_BLOCK not in state.conditions or not state.was_full:
            continue
        broken = denied(moment)
        if broken is not None:
            yield Judgement(moment.index, f"after a block was left, {broken}")
        elif fills_the_pool(moment):
            yield Judgement(moment.index)
