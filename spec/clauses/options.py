"""Options: what a pool may offer besides, and must then do as it says.

A pool that does not offer one is not asked for it.
"""

from collections.abc import Callable, Iterator

from ..capabilities import Capability
from ..clause import MUST, RESILIENT, clause
from ..model.ages import idle_since, none_too_old, open_since
from ..model.conditions import CANCELLATIONS, ORDINARY, STATE_KNOWN, Condition
from ..model.duration import duration
from ..model.events import (
    AcquireCalled,
    Acquired,
    AcquireFailed,
    CloseCalled,
    CloseReturned,
    HeldUp,
    PoolConfig,
    Quiescent,
    ReauthCalled,
    ReauthReturned,
    Used,
)
from ..model.history import History
from ..model.judgement import Judgement
from ..model.state import Moment
from ..model.timing import CLOCK_SLEW, is_late

LATE_OPEN_S = 60.0
"""How long a pool may take, after its last use, to open what is to be open when nobody uses it: pools
may do that in the background, and look from time to time only."""

LATE_CLOSE_S = 2.0
"""How much longer than its grace period closing may take: nobody waits for it as for a reply."""


@clause(
    "OPT-1",
    MUST,
    RESILIENT,
    needs=Capability.MAX_IDLE_TIME,
    judged_with=STATE_KNOWN,
    speaks_of={Capability.MAX_IDLE_TIME},
)
def what_was_idle_for_too_long_is_not_handed_out(history: History) -> Iterator[Judgement]:
    """
    A connection that has been idle for longer than `max_idle_time` MUST NOT be handed out again: the
    caller gets another; a connection that is in use MUST be left to its holder.

    Servers, proxies and firewalls close what has been idle for long, some of them silently.
    Operators set `max_idle_time` below those limits so that no caller ever gets such a connection.
    Otherwise the first commands after a quiet hour fail, or hang until a timeout.
    """
    yield from none_too_old(
        history,
        lambda config: config.max_idle_time_s,
        idle_since,
        "had been idle for {age:.0f} s, and max_idle_time is {limit:.0f} s",
    )
    yield from _left_to_its_holder(history, lambda config: config.max_idle_time_s, "max_idle_time")


@clause(
    "OPT-2",
    MUST,
    RESILIENT,
    needs=Capability.MAX_LIFETIME,
    judged_with=STATE_KNOWN,
    speaks_of={Capability.MAX_LIFETIME},
)
def what_was_open_for_too_long_is_not_handed_out(history: History) -> Iterator[Judgement]:
    """
    A connection that was opened longer than `max_lifetime` ago MUST NOT be handed out again, however
    often it has been used: the caller gets another; a connection that is in use MUST be left to its
    holder.

    After a failover, a new address or new credentials, open connections stay where they were. A
    maximum lifetime replaces them one by one, without a restart. If connections that are always
    busy are left out, most of the traffic still goes to the old place.
    """
    yield from none_too_old(
        history,
        lambda config: config.max_lifetime_s,
        open_since,
        "had been open for {age:.0f} s, and max_lifetime is {limit:.0f} s",
    )
    yield from _left_to_its_holder(history, lambda config: config.max_lifetime_s, "max_lifetime")


def _left_to_its_holder(
    history: History, limit_of: Callable[[PoolConfig], float | None], name: str
) -> Iterator[Judgement]:
    """Judge what becomes of connections that are held for long, where nothing else can end them."""
    for moments in history.judged_with({Condition.RELEASED, Condition.TIMED_OUT}).judged_pools:
        since_s: dict[int, float] = {}
        for moment in moments:
            state, event = moment.before, moment.event
            if isinstance(event, Acquired):
                since_s[event.call] = event.at_s
            limit_s = limit_of(state.config)
            if limit_s is None or not isinstance(event, Quiescent) or not event.certain:
                continue
            for acquire, connection in state.in_use.items():
                held_s = event.at_s - since_s[acquire]
                if connection is not None and held_s > limit_s / 2:
                    is_open = connection in event.open.get(moment.pool, ())
                    text = (
                        f"connection {connection} was closed while it was in use, "
                        f"{duration(held_s)} after it was handed out, and {name} is {duration(limit_s)}"
                    )
                    yield Judgement(moment.index, None if is_open else text, moment.pool)


@clause(
    "OPT-3",
    MUST,
    RESILIENT,
    needs=Capability.CALL_TIMEOUT,
    judged_with=ORDINARY | {Condition.OWN_TIMEOUT},
    speaks_of={Condition.OWN_TIMEOUT},
)
def a_callers_own_timeout_bounds_its_wait(history: History) -> Iterator[Judgement]:
    """
    An acquire that is given a timeout of its own and waits in vain MUST fail when that timeout is
    over: never earlier, and not noticeably later, whatever the pool's `timeout` is.

    One pool serves urgent requests and patient jobs, and only the caller knows which it is. If the
    pool's `timeout` counts after all, the urgent request waits past its own deadline, although
    another source could have answered, and the patient job is turned away.
    """
    for moments in history.judged_pools:
        own_s: dict[int, float] = {}
        for moment in moments:
            event = moment.event
            if isinstance(event, AcquireCalled) and event.timeout_s is not None:
                own_s[event.call] = event.timeout_s
            elif isinstance(event, Acquired | AcquireFailed) and event.call in own_s:
                yield from _bounded_by(moment, event, own_s[event.call])


def _bounded_by(
    moment: Moment, event: Acquired | AcquireFailed, own_s: float
) -> Iterator[Judgement]:
    request = moment.before.requests[event.call]
    # Who has not been seen to wait may have failed for another reason, if there was something to get.
    waited = request.blocked_since is not None or (request.found_full and not request.released)
    took_s = event.at_s - request.called_s
    if not waited or request.excused or request.cancelled:
        return
    late = is_late(own_s, took_s, 0.0)
    given = f"that was given a timeout of {duration(own_s)}"
    if isinstance(event, Acquired):
        if late:
            text = (
                f"an acquire {given} went on waiting, and got a connection after {duration(took_s)}"
            )
            yield Judgement(moment.index, text)
    elif event.exact:
        wrong = late or took_s < own_s * (1 - CLOCK_SLEW)
        text = f"an acquire {given} failed after {duration(took_s)} with {event.error}"
        yield Judgement(moment.index, text if wrong else None)


@clause(
    "OPT-4",
    MUST,
    RESILIENT,
    needs=Capability.GRACEFUL_CLOSE,
    judged_with=ORDINARY | {Condition.CLOSED},
    speaks_of={Condition.CLOSED},
)
def closing_waits_for_holders_as_long_as_it_was_told(history: History) -> Iterator[Judgement]:
    """
    Closing that is given a grace period MUST go on until all connections in use have been released,
    and MUST end when the period is over, even if some are still in use.

    A service that is being replaced lets the work under way finish, but not for ever. If closing
    does not wait, that work fails at every deployment. If closing never ends, one stuck caller
    keeps the whole service from stopping.
    """
    for moments in history.judged_pools:
        closing: CloseCalled | None = None
        held_at_first: frozenset[int] = frozenset()
        for moment in moments:
            state, event = moment.before, moment.event
            if isinstance(event, CloseCalled):
                if event.grace_s is None or Condition.CLOSED in state.conditions:
                    break  # to close once more is another matter
                closing, held_at_first = event, frozenset(state.in_use)
            elif closing is not None and isinstance(event, CloseReturned | Quiescent):
                broken = _not_graceful(moment, closing, held_at_first)
                if broken is not None:
                    yield Judgement(moment.index, broken, moment.pool)
                elif isinstance(event, CloseReturned) and held_at_first and event.error is None:
                    yield Judgement(moment.index)
                if isinstance(event, CloseReturned):
                    break


def _not_graceful(
    moment: Moment, closing: CloseCalled, held_at_first: frozenset[int]
) -> str | None:
    state, event = moment.before, moment.event
    still_held = held_at_first & state.in_use.keys()  # who came later need not be waited for
    if closing.grace_s is None or not still_held:
        return None
    took_s = event.at_s - closing.at_s
    held = "a connection was" if len(still_held) == 1 else f"{len(still_held)} connections were"
    given = f"closing was given {duration(closing.grace_s)}"
    match event:
        case CloseReturned(error=None) if took_s < closing.grace_s * (1 - CLOCK_SLEW):
            return f"{given}, and ended after {duration(took_s)}, while {held} in use"
        case CloseReturned(error=None) if took_s > closing.grace_s + LATE_CLOSE_S:
            return f"{given}, and ended only after {duration(took_s)}"
        case Quiescent(certain=True) if took_s > closing.grace_s + LATE_CLOSE_S:
            return f"{given}, and has not ended after {duration(took_s)}"
        case _:
            return None


@clause(
    "OPT-5",
    MUST,
    RESILIENT,
    needs=Capability.MIN_IDLE,
    judged_with=ORDINARY - CANCELLATIONS,
    speaks_of={Capability.MIN_IDLE},
)
def a_pool_that_rests_has_connections_ready(history: History) -> Iterator[Judgement]:
    """
    A pool that was told `min_idle`, has been used, and is then left alone MUST soon have at least
    that many connections open, also if its holders closed those that it had.

    The first requests after a quiet time often come all at once, and connecting takes many times as
    long as a command. Operators who set `min_idle` pay for unused connections so that these
    requests need not connect. If there are none, the requests wait, and the server must open all
    connections in the same moment.
    """
    for moments in history.judged_pools:
        was_used, used_s = False, 0.0
        for moment in moments:
            state, event = moment.before, moment.event
            least = state.config.min_idle
            if least is None:
                break
            if not isinstance(event, Quiescent):
                was_used, used_s = was_used or isinstance(event, Acquired), event.at_s
                continue
            if event.connects_held:
                used_s = event.at_s  # nobody could open anything meanwhile
            rested_s = event.at_s - used_s
            at_rest = event.certain and not state.in_use and state.at_rest
            if was_used and at_rest and rested_s > LATE_OPEN_S:
                seen = len(event.open.get(moment.pool, ()))
                having = "1 connection" if seen == 1 else f"{seen} connections"
                text = f"{duration(rested_s)} after its last use the pool had {having} open"
                lacks = seen < min(least, state.config.max_connections)
                broken = f"{text}, and min_idle is {least}" if lacks else None
                yield Judgement(moment.index, broken, moment.pool)


@clause(
    "OPT-6",
    MUST,
    RESILIENT,
    needs=Capability.REAUTHENTICATION,
    judged_with={Condition.RELEASED, Condition.LOST_TRACK},
    speaks_of={ReauthCalled},
)
def new_credentials_delay_nobody(history: History) -> Iterator[Judgement]:
    """
    A pool that is told of new credentials MUST leave every connection usable, and MUST NOT hand out
    one on which the server's answer to them is outstanding, nor keep a release waiting for that answer.

    Tokens expire every hour or so, and a new one comes while the service is in use. A pool that
    holds its lock until the server has answered stops everybody for as long as one slow answer
    takes. A pool that lends a connection during authentication gives one caller the reply to
    another.
    """
    for moments in history.judged_pools:
        was_told = False
        for moment in moments:
            event = moment.event
            was_told = was_told or isinstance(event, ReauthCalled)
            match event:
                case HeldUp():
                    text = "a release stood still while the server's answer to AUTH was outstanding"
                    yield Judgement(moment.index, text)
                case ReauthReturned(error=error):
                    text = f"telling the pool of new credentials raised {error}"
                    yield Judgement(moment.index, text if error is not None else None)
                case Acquired(trouble=trouble) | Used(trouble=trouble) if was_told and trouble:
                    text = f"a connection was of no use after new credentials: {trouble}"
                    yield Judgement(moment.index, text)
                case _:
                    pass
