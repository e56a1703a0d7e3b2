"""Timeout: what a caller gets that finds all connections in use."""

from collections.abc import Iterator, Sequence

from ..clause import CORE, MUST, clause
from ..model.arguments import refused
from ..model.conditions import CANCELLATIONS, ORDINARY, Condition
from ..model.duration import duration
from ..model.events import (
    AcquireCalled,
    Acquired,
    AcquireFailed,
    Overdue,
    ReleaseReturned,
    ReplyAwaited,
)
from ..model.history import History
from ..model.judgement import Judgement
from ..model.state import Moment, Request
from ..model.timing import CLOCK_SLEW, VainWait, waits_in_vain, waits_with_releases


@clause("TMO-1", MUST, CORE, judged_with=ORDINARY - CANCELLATIONS - {Condition.RELEASED_INSIDE})
def a_caller_waits_and_is_served(history: History) -> Iterator[Judgement]:
    """
    An acquire that finds all connections in use MUST wait, and MUST get a connection that is
    released within `timeout` seconds.

    Pools exist to absorb peaks of a few milliseconds. If the surplus caller is turned away instead,
    every peak becomes an error that a user sees, and each application writes its own retry loop.
    """
    for moment in history.judged_moments:
        state, event = moment.before, moment.event
        if not isinstance(event, Acquired | AcquireFailed | Overdue):
            continue
        request = state.requests.get(event.call)
        if request is None or not request.found_full:
            continue
        if isinstance(event, Acquired):
            useless = (
                f"with all connections in use, an acquire returned one that does not work "
                f"({event.trouble})"
            )
            yield Judgement(moment.index, useless if event.connection is None else None)
        elif isinstance(event, AcquireFailed):
            broken = _turned_away(moment, event, request, history.moments[moment.pool])
            if broken is not None:
                yield Judgement(moment.index, broken)
        elif request.released and state.free >= 0:
            yield Judgement(
                moment.index,
                f"a connection was released while an acquire waited, and "
                f"{duration(event.waited_s)} later the acquire still waited",
            )


def _turned_away(
    moment: Moment, event: AcquireFailed, request: Request, moments: Sequence[Moment]
) -> str | None:
    config = moment.before.config
    if not config.takes_timeout:
        return f"with all connections in use, an acquire failed with {event.error}"
    if not config.timeout_s or config.socket_timeout_s is not None:
        return None  # 0, None, and the two timeouts together have clauses of their own
    released_s = _when_it_was_due(moment, event.call, moments)
    if released_s is None:
        return None
    return (
        f"an acquire failed with {event.error}, although a connection was released "
        f"{duration(released_s - request.called_s)} after it was called, within its timeout of "
        f"{duration(config.timeout_s)}"
    )


def _when_it_was_due(moment: Moment, call: int, moments: Sequence[Moment]) -> float | None:
    """When a connection was released that nobody else can have had a claim to."""
    request = moment.before.requests[call]
    # Within half of `timeout`, so that no release is counted that meets the deadline.
    in_time = request.called_s + (moment.before.config.timeout_s or 0.0) / 2
    # Others may have taken what was released, or be about to. That they may not is for FAIR-1.
    unclaimed = 1 - len(moment.before.requests)
    first_s: float | None = None
    asked = False
    for other in moments:
        asked = asked or (isinstance(other.event, AcquireCalled) and other.event.call == call)
        if not asked or other.event.at_s >= in_time:
            continue
        if other.index < moment.index and isinstance(other.event, Acquired):
            unclaimed -= 1
        elif _made_one_free(other) and (other.index < moment.index or not other.before.requests):
            unclaimed += 1
            first_s = other.event.at_s if first_s is None else first_s
        if other.index >= moment.index and unclaimed > 0:
            break
    return first_s if unclaimed > 0 else None


def _made_one_free(moment: Moment) -> bool:
    event = moment.event
    returned = isinstance(event, ReleaseReturned) and event.error is None
    return returned and moment.before.conditions <= ORDINARY


@clause("TMO-2", MUST, CORE, judged_with=ORDINARY)
def a_wait_in_vain_ends_at_timeout(history: History) -> Iterator[Judgement]:
    """
    An acquire that waits in vain MUST fail when `timeout` seconds have passed: never earlier, and
    not noticeably later, however often it was woken meanwhile.

    Callers plan with the number: a request that has two seconds left gives the pool one of them. If
    the error comes early, the caller loses a connection that would have come; if it comes late, the
    caller misses its own deadline. A common mistake is to wait for all of `timeout` again whenever
    another caller was faster.
    """
    for vain in (*waits_in_vain(history), *waits_with_releases(history)):
        if vain.timeout_s and vain.socket_timeout_s is None:
            yield Judgement(vain.index, vain.too_early() or vain.too_late())


@clause("TMO-3", MUST, CORE, judged_with=ORDINARY)
def the_error_says_that_the_pool_was_exhausted(history: History) -> Iterator[Judgement]:
    """
    An acquire that waited in vain MUST raise an error of a more specific type than a broken
    connection does; handlers of the client's connection errors catch this error, and handlers of
    socket timeouts do not.

    An exhausted pool, a silent server and a broken connection call for different remedies: a larger
    pool, patience, a reconnect. A cluster client that mistakes exhaustion for a broken node
    rebuilds its pools at the worst moment. See redis/redis-py#3684.
    """
    for vain in waits_in_vain(history):
        error = vain.error
        if error is None or vain.timeout_s is None or vain.early:
            continue
        broken = None
        if error.is_timeout_error:
            broken = f"it raised {error}, which handlers of socket timeouts catch"
        elif not error.is_connection_error:
            broken = f"it raised {error}, which handlers of connection errors do not catch"
        elif error.is_generic:
            broken = f"it raised {error}, the type that a broken connection raises too"
        yield Judgement(vain.index, broken)


@clause("TMO-4", MUST, CORE, judged_with=ORDINARY)
def timeout_and_socket_timeout_are_independent(history: History) -> Iterator[Judgement]:
    """
    `timeout` MUST bound only the wait for a connection, and `socket_timeout` only the wait for a
    reply; neither changes the other.

    The two answer different questions: how long to queue, and how long to trust a silent server. If
    one changes the other, more patience with a slow command makes every caller queue longer.
    """
    for vain in waits_in_vain(history):
        if vain.timeout_s and vain.socket_timeout_s is not None:
            yield Judgement(vain.index, _moved_by_socket_timeout(vain))
    for moment in history.judged_moments:
        socket_timeout_s = moment.before.config.socket_timeout_s
        if isinstance(moment.event, ReplyAwaited) and socket_timeout_s is not None:
            yield from _moved_by_timeout(moment, moment.event, socket_timeout_s)


def _moved_by_socket_timeout(vain: VainWait) -> str | None:
    timeout_s, socket_timeout_s = vain.timeout_s or 0.0, vain.socket_timeout_s or 0.0
    text = (
        f"an acquire with timeout={timeout_s} and socket_timeout={socket_timeout_s} failed after "
        f"{duration(vain.took_s)}: when `socket_timeout` was over, not `timeout`"
    )
    if socket_timeout_s > timeout_s:
        late = vain.too_late() is not None and vain.error is not None
        soon_s = 1.25 * socket_timeout_s
        in_step = socket_timeout_s * (1 - CLOCK_SLEW) <= vain.took_s < soon_s
        return text if late and in_step else None
    # Early for another reason is not moved: it must have ended soon after `socket_timeout`.
    soon_s = socket_timeout_s + (timeout_s - socket_timeout_s) / 4
    return text if socket_timeout_s * (1 - CLOCK_SLEW) <= vain.took_s < soon_s else None


def _moved_by_timeout(
    moment: Moment, event: ReplyAwaited, socket_timeout_s: float
) -> Iterator[Judgement]:
    timeout_s = moment.before.config.timeout_s
    if event.timed_out and event.took_s < socket_timeout_s * (1 - CLOCK_SLEW):
        yield Judgement(
            moment.index,
            f"with timeout={timeout_s} and socket_timeout={socket_timeout_s}, the wait for a reply "
            f"was given up after {duration(event.took_s)}, before `socket_timeout` was over",
        )
    elif event.timed_out or event.server_s < socket_timeout_s:
        yield Judgement(moment.index)
    elif event.control_s < (socket_timeout_s + event.server_s) / 2 < event.took_s:
        yield Judgement(
            moment.index,
            f"with timeout={timeout_s} and socket_timeout={socket_timeout_s}, the wait for a reply "
            f"went on for {duration(event.took_s)}, long after `socket_timeout` was over",
        )


@clause("TMO-5", MUST, CORE, judged_with=ORDINARY)
def each_timeout_means_what_it_says(history: History) -> Iterator[Judgement]:
    """
    With a `timeout` of 0 an acquire MUST NOT wait, with None it MUST wait until a connection is
    released, and a `timeout` that is negative, NaN, a bool or a string MUST be refused with a
    ValueError or a TypeError.

    Zero and None are easily confused. Then the caller that asked not to wait hangs, or the caller
    that asked to wait is turned away.
    """
    yield from refused(history, "timeout")
    for vain in waits_in_vain(history):
        if vain.timeout_s == 0:
            yield Judgement(vain.index, vain.too_late())
        elif vain.timeout_s is None and vain.error is not None:
            yield Judgement(
                vain.index,
                f"with timeout=None an acquire failed with {vain.error} after {duration(vain.took_s)}",
            )
    for moment in history.judged_moments:
        state, event = moment.before, moment.event
        unbounded = state.config.takes_timeout and state.config.timeout_s is None
        if unbounded and isinstance(event, Acquired) and state.requests[event.call].found_full:
            yield Judgement(moment.index)


@clause("TMO-6", MUST, CORE, judged_with={Condition.RELEASED, Condition.TIMED_OUT})
def a_wait_in_vain_leaves_no_trace(history: History) -> Iterator[Judgement]:
    """
    After an acquire has waited in vain, a released connection MUST go to the next acquire as if that
    wait had not taken place.

    If a waiter is forgotten in the queue, it gets a connection when nobody is there to take it. The
    connection is lost, and a pool that was exhausted once stays exhausted.
    """
    # Whether the wait in vain is to blame is decided by the same pool: it must have shown before
    # the wait that it serves a caller from a release.
    for moments in history.judged_pools:
        shown_before = False
        for moment in moments:
            state, event = moment.before, moment.event
            if not state.config.takes_timeout:
                break
            if Condition.TIMED_OUT not in state.conditions:
                shown_before = state.reuse_shown
                continue
            if not state.freed_when_full:
                continue
            if isinstance(event, Acquired) and event.connection is not None:
                yield Judgement(moment.index)
            elif (
                isinstance(event, AcquireFailed | Overdue)
                and shown_before
                and _was_entitled(moment)
            ):
                yield Judgement(
                    moment.index,
                    "a connection was released after an acquire had waited in vain, and the next "
                    "acquire did not get it",
                )


def _was_entitled(moment: Moment) -> bool:
    """Whether the pool owed the caller of this failed or overdue acquire a connection at once."""
    state, event = moment.before, moment.event
    if not isinstance(event, AcquireFailed | Overdue) or event.call not in state.requests:
        return False
    return state.requests[event.call].entitled
