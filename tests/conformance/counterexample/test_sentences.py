"""A history is told so that anyone understands what happened: the exact words, event by event."""

import pytest
from counterexamples import broken_at_the_end, found, laid_out

from poolproof.conformance.report.steps import steps_of
from poolproof.spec import CLAUSES, Level, Requirement
from poolproof.spec.model.events import (
    AcquireCalled,
    Acquired,
    AcquireFailed,
    ArgumentTried,
    BlockLeft,
    BytesArrived,
    CloseCalled,
    CloseReturned,
    Cut,
    Dropped,
    Error,
    Event,
    FeatureTried,
    LeftUnread,
    Outage,
    OutageOver,
    Overdue,
    PoolBuilt,
    PoolConfig,
    Quiescent,
    ReleaseCalled,
    ReleaseReturned,
    ReplyAwaited,
    Shown,
    Used,
)

REFUSED = Error("redis.exceptions.ConnectionError", "no")


def steps(*events: Event) -> tuple[str, ...]:
    """The steps of a history whose last event breaks a clause."""
    counterexample = found(broken_at_the_end(Level.CORE), events)
    assert counterexample.broken == "it ended"
    return tuple(steps_of(counterexample))


def built(*pools: str, **config: float | None) -> list[Event]:
    return [PoolBuilt(0.0, pool, PoolConfig(2, **config)) for pool in pools]  # type: ignore[arg-type]


def acquired(call: int, connection: int | None, pool: str = "A", trouble: str = "") -> list[Event]:
    return [AcquireCalled(1.0, pool, call), Acquired(1.0, pool, call, connection, trouble)]


def released(
    acquire: int, pool: str = "A", error: Error | None = None, call: int = 100
) -> list[Event]:
    return [
        ReleaseCalled(2.0, pool, call + acquire, acquire),
        ReleaseReturned(2.0, pool, call + acquire, acquire, error),
    ]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (PoolConfig(3, 0.5), "max_connections=3, timeout=0.5"),
        (PoolConfig(3, None), "max_connections=3, timeout=None"),
        (PoolConfig(3, takes_timeout=False), "max_connections=3"),
        (
            PoolConfig(3, 0.5, socket_timeout_s=2.0),
            "max_connections=3, timeout=0.5, socket_timeout=2.0",
        ),
        (
            PoolConfig(3, 5, max_idle_time_s=60.0),
            "max_connections=3, timeout=5, max_idle_time=60.0",
        ),
        (PoolConfig(3, 5, min_idle=2), "max_connections=3, timeout=5, min_idle=2"),
        (PoolConfig(3, 5, max_lifetime_s=60.0), "max_connections=3, timeout=5, max_lifetime=60.0"),
    ],
)
def test_a_pool_is_introduced_with_its_terms(config: PoolConfig, told: str) -> None:
    assert steps(PoolBuilt(0.0, "A", config)) == (f"a pool is built with {told}",)


def test_a_timeout_that_a_caller_names_is_told() -> None:
    told = steps(
        *built("A"), AcquireCalled(1.0, "A", 1, 2.0), Quiescent(1.0, {}), *acquired(1, 7)[1:]
    )

    assert told[1:] == (
        "acquire with a timeout of 2 s waits",
        "the waiting acquire gets connection 1",
    )


def test_closing_that_takes_its_time_is_told() -> None:
    closing = CloseCalled(1.0, "A", 9, 5.0), CloseReturned(2.0, "A", 9)

    assert steps(*built("A"), closing[0], Quiescent(1.0, {}), closing[1])[1:] == (
        "somebody closes the pool with a grace period of 5 s",
        "closing the pool comes to its end",
    )


def test_time_that_goes_by_is_told() -> None:
    told = steps(*built("A"), *acquired(1, 7), *released(1), Quiescent(152.0, {}), *acquired(2, 7))

    assert told[2:] == ("release connection 1", "150 s pass", "acquire gets connection 1")


def test_connections_are_numbered_in_the_order_in_which_they_are_met() -> None:
    told = steps(
        *built("A"), *acquired(1, 4711), *acquired(2, 12), *released(1), *acquired(3, 4711)
    )

    assert told == (
        "a pool is built with max_connections=2, timeout=None",
        "acquire gets connection 1",
        "acquire gets connection 2",
        "release connection 1",
        "acquire gets connection 1",
    )


def test_connections_that_only_the_server_saw_are_counted_too() -> None:
    settled = Quiescent(1.0, {"A": frozenset({4711, 12})})

    assert steps(*built("A"), settled, *acquired(1, 4711))[1:] == ("acquire gets connection 2",)


def test_pools_are_named_where_there_are_several() -> None:
    told = steps(
        *built("A", "B"),
        *acquired(1, 7, "B"),
        *released(1, "A"),
        *acquired(2, 7, "A"),
        *released(2, "A"),
        *released(2, "A", REFUSED, call=200),
    )

    assert told == (
        "the pools A and B are built with max_connections=2, timeout=None",
        "acquire from B gets connection 1",
        "release connection 1, which is pool B's, to A",
        "acquire from A gets connection 1",
        "release connection 1 to A",
        "release connection 1 again to A",
        "the release raises ConnectionError: no",
    )


def test_a_pool_in_which_nothing_happens_is_not_mentioned() -> None:
    assert steps(*built("A", "B"), *acquired(1, 7)) == (
        "a pool is built with max_connections=2, timeout=None",
        "acquire gets connection 1",
    )


def test_a_pool_that_has_nothing_to_do_with_the_matter_is_left_out() -> None:
    assert steps(*built("A", "B"), *acquired(1, 7, "B"), *acquired(2, 8, "A"))[1:] == (
        "acquire gets connection 2",
    )


def test_a_waiting_caller_is_told_as_waiting_until_served() -> None:
    told = steps(
        *built("A"),
        *acquired(1, 7),
        AcquireCalled(1.0, "A", 2),
        Quiescent(1.1, {"A": frozenset({7})}),
        Used(1.2, "A", 1),
        Quiescent(1.3, {"A": frozenset({7})}),
        *released(1),
        Acquired(2.0, "A", 2, 7),
        Quiescent(2.1, {"A": frozenset({7})}),
        *acquired(3, 8),
    )

    assert told[1:] == (
        "acquire gets connection 1",
        "acquire waits",
        "a command on connection 1: gets its own reply",
        "release connection 1",
        "the waiting acquire gets connection 1",
        "acquire gets connection 2",
    )


def test_an_acquire_that_fails_is_told_with_its_wait_and_its_error() -> None:
    told = steps(*built("A"), AcquireCalled(1.0, "A", 1), AcquireFailed(1.03, "A", 1, REFUSED))

    assert told[1:] == ("acquire fails after 30 ms with ConnectionError: no",)


def test_a_connection_that_does_not_work_is_told_with_its_trouble_once() -> None:
    told = steps(
        *built("A"), *acquired(1, None, trouble="CLIENT ID raised OSError: gone"), *released(1)
    )

    assert told[1:] == (
        "acquire gets a connection that does not work: CLIENT ID raised OSError: gone",
        "release the connection that does not work",
    )


def test_a_release_that_waits_for_the_server_is_told() -> None:
    told = steps(
        *built("A"),
        *acquired(1, 7),
        ReleaseCalled(1.0, "A", 2, 1),
        ReleaseReturned(2.0, "A", 2, 1, reply_outstanding=True, waited_for_reply=True),
    )

    assert told[2:] == (
        "release connection 1",
        "the release returns only when the server sends the reply that it owes",
    )


@pytest.mark.parametrize(
    ("by", "how"), [("return", "at its end"), ("KeyboardInterrupt", "by KeyboardInterrupt")]
)
def test_a_block_is_told_with_how_it_is_left(by: str, how: str) -> None:
    told = steps(*built("A"), *acquired(1, 7), BlockLeft(2.0, "A", 1, by), *released(1))

    assert told[2:] == (
        f"the block that holds connection 1 is left {how}",
        "release connection 1 again",
    )


def test_what_holders_do_with_a_connection_is_told() -> None:
    told = steps(
        *built("A"),
        *acquired(1, 7),
        Used(1.0, "A", 1, "ECHO raised OSError: gone"),
        ReplyAwaited(2.0, "A", 1, server_s=0.1, took_s=0.05, timed_out=True, control_s=0.05),
        ReplyAwaited(3.0, "A", 1, server_s=0.1, took_s=0.1, timed_out=False, control_s=0.2),
        Dropped(4.0, "A", 1),
    )

    awaits = "the holder of connection 1 awaits a reply that the server withholds for 100 ms"
    assert told[2:] == (
        "a command on connection 1: ECHO raised OSError: gone",
        f"{awaits}: gives up after 50 ms",
        f"{awaits}: gets it after 100 ms",
        "the holder of connection 1 closes it",
    )


def test_an_outage_is_told_with_its_end() -> None:
    events = [*built("A"), Outage(1.0, "all is cut"), OutageOver(2.0), *acquired(1, 7)]

    assert steps(*events)[1:] == (
        "the server cannot be reached: all is cut",
        "the server can be reached again",
        "acquire gets connection 1",
    )


def test_what_an_outage_cuts_is_told_once() -> None:
    cut = (Cut(1.0, "A", 70, "reset"), Cut(1.0, "A", 80, "reset"))
    events = [*built("A"), *acquired(1, 70), Outage(1.0, "all is reset"), *cut, OutageOver(2.0)]

    assert steps(*events, Cut(3.0, "A", 80, "reset"))[2:] == (
        "the server cannot be reached: all is reset",
        "the server can be reached again",
        "connection 2 is cut: reset",
    )


def test_a_call_that_never_returns_is_told_as_what_it_was() -> None:
    told = steps(
        *built("A"),
        *acquired(1, 7),
        AcquireCalled(1.0, "A", 2),
        Overdue(4.0, "A", 2, 3.04),
        ReleaseCalled(5.0, "A", 3, 1),
        Overdue(8.0, "A", 3, 3.5),
        Overdue(12.0, "A", 4, 3.5),
    )

    assert told[2:] == (
        "acquire has not returned after 3.04 s and is given up",
        "release connection 1",
        "the release of connection 1 has not returned after 3.5 s and is given up",
        "a call has not returned after 3.5 s and is given up",
    )


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            ArgumentTried(0.0, "timeout", "-1", None),
            "a pool is built with timeout=-1: accepted",
        ),
        (
            ArgumentTried(0.0, "timeout", "-1", Error("builtins.ValueError", "be positive")),
            "a pool is built with timeout=-1: refused with ValueError: be positive",
        ),
        (
            ArgumentTried(0.0, "timeout", "-1", None, returned=False),
            "a pool is built with timeout=-1: the pool hung",
        ),
        (FeatureTried(0.0, "a pipeline"), "a pipeline: works"),
        (FeatureTried(0.0, "a pipeline", "raised"), "a pipeline: raised"),
        (
            Shown(0.0, "the repr", "<Pool of me,\n  with my word>", ("me", "my word")),
            "the repr reads: <Pool of <the secret>, with <the secret>>",
        ),
    ],
)
def test_trials_are_told_one_by_one(event: Event, told: str) -> None:
    assert steps(event) == (told,)


def test_a_story_ends_where_the_clause_is_broken_and_says_how() -> None:
    events = (
        *built("A", timeout_s=1.0),
        *acquired(1, 7),
        *acquired(2, 9),
        *released(1),
        *released(2),
        *acquired(3, 9),
        *acquired(4, 7),
    )

    assert laid_out("ORD-1", events) == (
        (
            "a pool is built with max_connections=2, timeout=1.0",
            "acquire gets connection 1",
            "acquire gets connection 2",
            "release connection 1",
            "release connection 2",
            "acquire gets connection 2",
        ),
        "acquire took connection 2 although connection 1 had been idle longer",
    )


def test_of_trials_every_one_that_breaks_the_clause_is_told() -> None:
    events = [
        ArgumentTried(0.0, "max_connections", value, None, returned=True) for value in ("0", "-1")
    ]

    told, how = laid_out("BND-4", events)

    assert len(told) == 2
    assert how == "max_connections=0 was accepted; max_connections=-1 was accepted"
    assert CLAUSES["BND-4"].requirement is Requirement.SHOULD


def test_a_connection_that_is_cut_is_named_as_its_holder_knows_it() -> None:
    told = steps(
        *built("A"),
        *acquired(1, 70),
        Cut(2.0, "A", 70, "CLIENT KILL"),
        Cut(2.0, "A", 80, "reset"),
    )

    assert told == (
        "a pool is built with max_connections=2, timeout=None",
        "acquire gets connection 1",
        "the server closes connection 1 (CLIENT KILL)",
        "connection 2 is cut: reset",
    )


def test_a_reply_that_is_left_unread_is_followed_into_the_hands_of_the_next() -> None:
    answered = "CLIENT ID was answered with 'what is under cart-7'"
    told = steps(
        *built("A"),
        *acquired(1, 70),
        LeftUnread(2.0, "A", 1, "GET cart-7"),
        BytesArrived(2.0, "A", 70),
        AcquireCalled(3.0, "A", 2),
        Acquired(3.0, "A", 2, None, answered, foreign=True),
    )

    assert told[2:] == (
        "the holder of connection 1 sends GET cart-7 and does not read the reply",
        "bytes that nobody reads arrive on connection 1",
        f"acquire gets a connection with another caller's reply on it: {answered}",
    )
