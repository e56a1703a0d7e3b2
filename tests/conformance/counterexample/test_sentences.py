"""Where callers come one by one there is a sentence for each event: the exact words."""

from collections.abc import Sequence
from textwrap import dedent

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
BUILT = "a pool is built with max_connections=2, timeout=None"


def steps(*events: Event) -> list[str]:
    """The steps of a history whose last event breaks a clause."""
    counterexample = found(broken_at_the_end(Level.CORE), events)
    assert counterexample.broken == "it ended"
    return steps_of(counterexample)


def built(*pools: str) -> list[Event]:
    return [PoolBuilt(0.0, pool, PoolConfig(2)) for pool in pools]


def asks(call: int, timeout_s: float | None = None) -> Event:
    return AcquireCalled(1.0, "A", call, timeout_s)


def acquired(call: int, connection: int | None, pool: str = "A", trouble: str = "") -> list[Event]:
    return [AcquireCalled(1.0, pool, call), Acquired(1.0, pool, call, connection, trouble)]


def released(
    acquire: int, pool: str = "A", error: Error | None = None, call: int = 100
) -> list[Event]:
    return [
        ReleaseCalled(2.0, pool, call + acquire, acquire),
        ReleaseReturned(2.0, pool, call + acquire, acquire, error),
    ]


def still(at_s: float = 1.0, *open_now: int) -> Event:
    return Quiescent(at_s, {"A": frozenset(open_now)})


def cut(connection: int, how: str = "reset") -> Event:
    return Cut(1.0, "A", connection, how)


GONE = "CLIENT ID raised OSError: gone"
ANSWERED = "CLIENT ID was answered with 'what is under cart-7'"

STORIES: dict[str, tuple[Sequence[Event], str]] = {
    "a timeout that a caller names": (
        [asks(1, 2.0), still(), *acquired(1, 7)[1:]],
        """
        acquire with a timeout of 2 s waits
        the waiting acquire gets connection 1
        """,
    ),
    "closing that takes its time": (
        [CloseCalled(1.0, "A", 9, 5.0), still(), CloseReturned(2.0, "A", 9)],
        """
        somebody closes the pool with a grace period of 5 s
        closing the pool comes to its end
        """,
    ),
    "time that goes by": (
        [*acquired(1, 7), *released(1), still(152.0), *acquired(2, 7)],
        """
        acquire gets connection 1
        release connection 1
        150 s pass
        acquire gets connection 1
        """,
    ),
    "connections are numbered in the order in which they are met": (
        [*acquired(1, 4711), *acquired(2, 12), *released(1), *acquired(3, 4711)],
        """
        acquire gets connection 1
        acquire gets connection 2
        release connection 1
        acquire gets connection 1
        """,
    ),
    "connections that only the server saw are counted, too": (
        [still(1.0, 4711, 12), *acquired(1, 4711)],
        "acquire gets connection 2",
    ),
    "a caller waits until it is served": (
        [
            *(*acquired(1, 7), asks(2), still(1.1, 7), Used(1.2, "A", 1), still(1.3, 7)),
            *(*released(1), Acquired(2.0, "A", 2, 7), still(2.1, 7), *acquired(3, 8)),
        ],
        """
        acquire gets connection 1
        acquire waits
        a command on connection 1: gets its own reply
        release connection 1
        the waiting acquire gets connection 1
        acquire gets connection 2
        """,
    ),
    "an acquire fails with its wait and its error": (
        [asks(1), AcquireFailed(1.03, "A", 1, REFUSED)],
        "acquire fails after 30 ms with ConnectionError: no",
    ),
    "a connection does not work, and its trouble is said once": (
        [*acquired(1, None, trouble=GONE), *released(1)],
        f"""
        acquire gets a connection that does not work: {GONE}
        release the connection that does not work
        """,
    ),
    "a release waits for the server": (
        [
            *(*acquired(1, 7), ReleaseCalled(1.0, "A", 2, 1)),
            ReleaseReturned(2.0, "A", 2, 1, reply_outstanding=True, waited_for_reply=True),
        ],
        """
        acquire gets connection 1
        release connection 1
        the release returns only when the server sends the reply that it owes
        """,
    ),
    "a block is left at its end": (
        [*acquired(1, 7), BlockLeft(2.0, "A", 1, "return"), *released(1)],
        """
        acquire gets connection 1
        the block that holds connection 1 is left at its end
        release connection 1 again
        """,
    ),
    "a block is left by an exception": (
        [*acquired(1, 7), BlockLeft(2.0, "A", 1, "KeyboardInterrupt"), *released(1)],
        """
        acquire gets connection 1
        the block that holds connection 1 is left by KeyboardInterrupt
        release connection 1 again
        """,
    ),
    "what holders do with a connection": (
        [
            *(*acquired(1, 7), Used(1.0, "A", 1, "ECHO raised OSError: gone")),
            ReplyAwaited(2.0, "A", 1, server_s=0.1, took_s=0.05, timed_out=True, control_s=0.05),
            ReplyAwaited(3.0, "A", 1, server_s=0.2, took_s=0.2, timed_out=False, control_s=0.2),
            Dropped(4.0, "A", 1),
        ],
        """
        acquire gets connection 1
        a command on connection 1: ECHO raised OSError: gone
        the holder of connection 1 awaits a reply that the server withholds for 100 ms: gives up after 50 ms
        the holder of connection 1 awaits a reply that the server withholds for 200 ms: gets it after 200 ms
        the holder of connection 1 closes it
        """,  # noqa: E501 - steps as they are
    ),
    "an outage and its end": (
        [Outage(1.0, "all is cut"), OutageOver(2.0), *acquired(1, 7)],
        """
        the server cannot be reached: all is cut
        the server can be reached again
        acquire gets connection 1
        """,
    ),
    "what an outage cuts is told once": (
        [*acquired(1, 70), Outage(1.0, "all is reset"), cut(70), cut(80), OutageOver(2.0), cut(80)],
        """
        acquire gets connection 1
        the server cannot be reached: all is reset
        the server can be reached again
        connection 2 is cut: reset
        """,
    ),
    "a call that never returns is named as what it was": (
        [
            *(*acquired(1, 7), asks(2), Overdue(4.0, "A", 2, 3.04)),
            *(ReleaseCalled(5.0, "A", 3, 1), Overdue(8.0, "A", 3, 3.5), Overdue(12.0, "A", 4, 3.5)),
        ],
        """
        acquire gets connection 1
        acquire has not returned after 3.04 s and is given up
        release connection 1
        the release of connection 1 has not returned after 3.5 s and is given up
        a call has not returned after 3.5 s and is given up
        """,
    ),
    "a connection that is cut is named as its holder knows it": (
        [*acquired(1, 70), cut(70, "CLIENT KILL"), cut(80)],
        """
        acquire gets connection 1
        the server closes connection 1 (CLIENT KILL)
        connection 2 is cut: reset
        """,
    ),
    "a reply that is left unread is followed into the hands of the next": (
        [
            *acquired(1, 70),
            *(LeftUnread(2.0, "A", 1, "GET cart-7"), BytesArrived(2.0, "A", 70)),
            *(asks(2), Acquired(3.0, "A", 2, None, ANSWERED, foreign=True)),
        ],
        f"""
        acquire gets connection 1
        the holder of connection 1 sends GET cart-7 and does not read the reply
        bytes that nobody reads arrive on connection 1
        acquire gets a connection with another caller's reply on it: {ANSWERED}
        """,
    ),
}


@pytest.mark.parametrize("claim", STORIES)
def test_each_event_has_its_sentence(claim: str) -> None:
    events, sentences = STORIES[claim]

    assert steps(*built("A"), *events) == [BUILT, *dedent(sentences).strip().splitlines()]


@pytest.mark.parametrize(
    ("config", "arguments"),
    [
        (PoolConfig(3, 0.5), "timeout=0.5"),
        (PoolConfig(3, None), "timeout=None"),
        (PoolConfig(3, 0.5, socket_timeout_s=2.0), "timeout=0.5, socket_timeout=2.0"),
        (PoolConfig(3, 5, max_idle_time_s=60.0), "timeout=5, max_idle_time=60.0"),
        (PoolConfig(3, 5, min_idle=2), "timeout=5, min_idle=2"),
        (PoolConfig(3, 5, max_lifetime_s=60.0), "timeout=5, max_lifetime=60.0"),
    ],
)
def test_a_pool_is_introduced_with_its_arguments(config: PoolConfig, arguments: str) -> None:
    introduction = f"a pool is built with max_connections=3, {arguments}"

    assert steps(PoolBuilt(0.0, "A", config)) == [introduction]


def test_a_pool_that_takes_no_timeout_is_introduced_without() -> None:
    config = PoolConfig(3, takes_timeout=False)

    assert steps(PoolBuilt(0.0, "A", config)) == ["a pool is built with max_connections=3"]


def test_pools_are_named_where_there_are_several() -> None:
    assert steps(
        *(*built("A", "B"), *acquired(1, 7, "B"), *released(1, "A"), *acquired(2, 7, "A")),
        *(*released(2, "A"), *released(2, "A", REFUSED, call=200)),
    ) == [
        "the pools A and B are built with max_connections=2, timeout=None",
        "acquire from B gets connection 1",
        "release connection 1, which is pool B's, to A",
        "acquire from A gets connection 1",
        "release connection 1 to A",
        "release connection 1 again to A",
        "the release raises ConnectionError: no",
    ]


def test_a_pool_in_which_nothing_happens_is_not_mentioned() -> None:
    assert steps(*built("A", "B"), *acquired(1, 7)) == [BUILT, "acquire gets connection 1"]


def test_a_pool_that_has_nothing_to_do_with_the_matter_is_left_out() -> None:
    events = [*acquired(1, 7, "B"), *acquired(2, 8, "A")]

    assert steps(*built("A", "B"), *events) == [BUILT, "acquire gets connection 2"]


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (ArgumentTried(0.0, "timeout", "-1", None), "a pool is built with timeout=-1: accepted"),
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
def test_what_is_tried_without_an_order_has_its_sentence(event: Event, sentence: str) -> None:
    assert steps(event) == [sentence]


def test_the_last_step_is_the_one_that_breaks_the_clause() -> None:
    events = (
        *(PoolBuilt(0.0, "A", PoolConfig(2, 1.0)), *acquired(1, 7), *acquired(2, 9)),
        *(*released(1), *released(2), *acquired(3, 9), *acquired(4, 7)),
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


def test_of_what_has_no_order_everything_that_breaks_the_clause_is_told() -> None:
    events = [ArgumentTried(0.0, "max_connections", value, None) for value in ("0", "-1")]

    told, how = laid_out("BND-4", events)

    assert len(told) == 2
    assert how == "max_connections=0 was accepted; max_connections=-1 was accepted"
    assert CLAUSES["BND-4"].requirement is Requirement.SHOULD
