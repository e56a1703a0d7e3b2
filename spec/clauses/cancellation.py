"""Cancellation: what becomes of a connection or a slot when the caller it is meant for is gone.

Callers are cancelled all the time: a request is abandoned, a deadline passes, somebody presses
Ctrl-C. Each clause speaks of one point at which this can happen, and judges the pool afterwards.
"""

from collections.abc import Iterator
from itertools import takewhile

from ..capabilities import Capability
from ..clause import CONCURRENT, MUST, clause
from ..model.conditions import Condition
from ..model.events import AcquireCancelled, Acquired, Quiescent, ReleaseCancelled
from ..model.history import History
from ..model.judgement import Judgement
from ..model.obligations import fills_the_pool, moments_after, nothing_lost
from ..model.state import Moment


@clause(
    "CAN-1",
    MUST,
    CONCURRENT,
    judged_with={Condition.RELEASED, Condition.CANCELLED_WAITING},
    speaks_of={Condition.CANCELLED_WAITING},
)
def a_cancelled_waiter_leaves_nothing_behind(history: History) -> Iterator[Judgement]:
    """
    A waiter that is cancelled MUST leave the queue at once, and take no connection with it, neither
    then nor later.

    A place in the queue with nobody in it swallows the next connection that is released. Every
    abandoned request makes the pool smaller, until it serves nobody.
    """
    yield from _nothing_lost(history, Condition.CANCELLED_WAITING, "after a waiter was cancelled")


@clause(
    "CAN-2",
    MUST,
    CONCURRENT,
    needs=Capability.ASYNCIO,
    judged_with={Condition.RELEASED, Condition.CANCELLED_SERVED},
    speaks_of={Condition.CANCELLED_SERVED},
)
def a_connection_meant_for_a_cancelled_waiter_goes_to_the_next(
    history: History,
) -> Iterator[Judgement]:
    """
    When a waiter is cancelled after a connection was released for it and before its acquire
    returns, that connection MUST go to the next waiter, or else be available.

    The instant is short, but busy services meet it every day. The releasing caller has done its
    part, and the waiter is gone: the connection, or the message that it is free, is lost between
    them.
    """
    yield from _nothing_lost(
        history,
        Condition.CANCELLED_SERVED,
        "after a waiter was cancelled for whom a connection had been released",
    )


@clause(
    "CAN-3",
    MUST,
    CONCURRENT,
    judged_with={Condition.RELEASED, Condition.CANCELLED_CONNECTING},
    speaks_of={Condition.CANCELLED_CONNECTING},
)
def a_cancelled_connect_gives_the_slot_back(history: History) -> Iterator[Judgement]:
    """
    When a caller is cancelled while its connection is being opened or made ready, the slot MUST be
    free again.

    A slow server makes callers give up, each of them in the middle of connecting. A pool that loses
    a slot each time is dead by the time the server has recovered. See redis/redis-py#2511.
    """
    yield from _nothing_lost(
        history,
        Condition.CANCELLED_CONNECTING,
        "after a caller was cancelled while it was connecting",
    )


@clause(
    "CAN-4",
    MUST,
    CONCURRENT,
    needs=Capability.ASYNCIO,
    judged_with={
        Condition.RELEASED,
        Condition.CANCELLED_RELEASING,
        Condition.CUT_HELD,
        Condition.COMMANDED,
        Condition.INTERRUPTED,
    },
    speaks_of={Condition.CANCELLED_RELEASING, Condition.INTERRUPTED},
)
def a_cancelled_release_is_completed(history: History) -> Iterator[Judgement]:
    """
    A release MUST give the connection back even if its caller is cancelled during the release, or
    has been cancelled before, in the middle of a command; and so it is with one that has broken.

    Tasks usually release in a ``finally`` while they are being cancelled. If that release does not
    get to its end, the connection is lost, and nobody is left who could release it.
    """
    yield from _nothing_lost(
        history, Condition.CANCELLED_RELEASING, "after the caller of a release was cancelled"
    )
    broken = history.judged_with(
        {Condition.RELEASED, Condition.CUT_HELD, Condition.CANCELLED_RELEASING}
    )
    yield from nothing_lost(
        history,
        _after_breaking_off(broken),
        "after the caller was cancelled who released what had broken",
        otherwise=_ignored,
        upheld=_shows,
    )
    interrupted = history.judged_with(
        {Condition.RELEASED, Condition.COMMANDED, Condition.INTERRUPTED}
    )
    yield from nothing_lost(
        history,
        # Whose reply it is, is for BRK-6.
        takewhile(_brings_no_foreign_reply, moments_after(interrupted, Condition.INTERRUPTED)),
        "after a command was interrupted while its reply was on its way",
        otherwise=_ignored,
        upheld=_shows,
    )


def _after_breaking_off(history: History) -> Iterator[Moment]:
    """The moments after a release of something broken was cancelled half-way. That what is handed out
    works, and that slots are not lost anyway, is for BRK-3.
    """
    broken_off: set[str] = set()
    for moment in moments_after(history, Condition.CANCELLED_RELEASING):
        if Condition.CUT_HELD not in moment.before.conditions:
            continue
        if isinstance(moment.event, ReleaseCancelled):
            broken_off.add(moment.pool)
        if isinstance(moment.event, Acquired) and moment.event.connection is None:
            return
        if moment.pool in broken_off:
            yield moment


def _nothing_lost(history: History, condition: Condition, preface: str) -> Iterator[Judgement]:
    """Judge how a pool goes on after one kind of cancellation: nothing may have been lost."""
    only = history.judged_with({Condition.RELEASED, condition})
    moments = moments_after(only, condition)
    yield from nothing_lost(history, moments, preface, otherwise=_ignored, upheld=_shows)


def _shows(moment: Moment) -> bool:
    """Whether a cancellation has come to its end, or the slots are all in use."""
    ended = isinstance(moment.event, AcquireCancelled | ReleaseCancelled)
    return ended or fills_the_pool(moment)


def _brings_no_foreign_reply(moment: Moment) -> bool:
    return not getattr(moment.event, "foreign", False)


def _ignored(moment: Moment) -> str | None:
    """Whether an acquire goes on, when nothing moves any more, whose caller was cancelled."""
    event, requests = moment.event, moment.before.requests.values()
    if not isinstance(event, Quiescent) or not event.certain or event.connects_held:
        return None
    cancelled = any(request.cancelled for request in requests)
    return "its acquire goes on waiting as if it had not been" if cancelled else None
