"""Where calls overlap, each caller has a lane: exactly what is printed, and what machines get."""

from collections.abc import Sequence
from dataclasses import replace
from textwrap import dedent

import pytest
from counterexamples import broken_at_the_end, found, laid_out

from poolproof.conformance.report.steps import rows_of, steps_of
from poolproof.conformance.worker.messages import decode, encode
from poolproof.spec import CLAUSES, Level
from poolproof.spec.model.events import (
    AcquireCalled,
    AcquireCancelled,
    Acquired,
    AcquireFailed,
    BlockLeft,
    BytesArrived,
    CancelCalled,
    Cut,
    Dropped,
    Error,
    Event,
    LeftUnread,
    Outage,
    OutageOver,
    Overdue,
    PoolBuilt,
    PoolConfig,
    Quiescent,
    ReleaseCalled,
    ReleaseCancelled,
    ReleaseReturned,
    ReplyAwaited,
    Used,
)

WIDEST = 100 - len("    1. ")
"""What the report leaves of 100 columns."""

REFUSED = Error("redis.exceptions.MaxConnectionsError", "a secret message")


def built(most: int = 1, pool: str = "A") -> Event:
    return PoolBuilt(0.0, pool, PoolConfig(most, 5.0))


def asks(call: int, pool: str = "A") -> Event:
    return AcquireCalled(1.0, pool, call)


def gets(call: int, connection: int | None = 70, pool: str = "A") -> Event:
    return Acquired(1.0, pool, call, connection, "" if connection else "a secret message")


def releases(acquire: int, inside: int | None = None, call: int = 100) -> Event:
    return ReleaseCalled(1.0, "A", call + acquire, acquire, inside)


def released(acquire: int, call: int = 100, error: Error | None = None) -> Event:
    return ReleaseReturned(1.0, "A", call + acquire, acquire, error)


def cancels(call: int, by: str = "cancel") -> Event:
    return CancelCalled(1.0, "A", call, by)


def leaves(call: int) -> Event:
    return AcquireCancelled(1.0, "A", call)


def quiet(
    *open_now: int, connecting: frozenset[int] = frozenset(), held: bool = False
) -> Quiescent:
    return Quiescent(1.0, {"A": frozenset(open_now)}, True, connecting, held)


def lanes_for(clause: str, *events: Event) -> str:
    """The story as one text, without the first line, which says how the pool was built."""
    laid, _ = laid_out(clause, events)
    return "\n".join(laid).partition("\n")[2]


def table(text: str) -> str:
    return dedent(text).strip("\n")


def steps(events: Sequence[Event], level: Level = Level.CONCURRENT) -> list[str]:
    """The steps of a history whose last event breaks a clause."""
    return steps_of(found(broken_at_the_end(level), events))


def lanes(*events: Event) -> str:
    """The same without the first line, as one text."""
    return "\n".join(steps(events)).partition("\n")[2]


OVERTAKEN = [
    *(built(), quiet()),
    *(asks(1), gets(1), quiet(70)),
    *(asks(2), quiet(70)),
    *(releases(1), asks(3), released(1), gets(3), quiet(70)),
]


def test_a_newcomer_that_overtakes_a_waiter() -> None:
    laid, broken = laid_out("FAIR-1", OVERTAKEN)

    assert "\n".join(laid) == table("""
        a pool is built with max_connections=1, timeout=5.0; #1 is connection 1
        caller A               caller B   caller C   the pool, when nothing moves
        acquire: gets #1                             1 of 1 in use: A has #1
                               acquire               1 of 1 in use: A has #1; B waits
        begins to release #1
                                          acquire
        has released #1
                                          gets #1    !! 1 of 1 in use: C has #1; B still waits
    """)
    assert broken.startswith("a caller that came later was served")


def test_time_that_passes_while_callers_wait() -> None:
    later = Quiescent(3.5, {"A": frozenset({70})}, certain=True)
    out_of_time = Error("client.PoolExhausted", "none")

    assert lanes(
        *(built(), quiet()),
        *(asks(1), gets(1), quiet(70)),
        *(asks(2), quiet(70), later),
        AcquireFailed(6.0, "A", 2, out_of_time),
    ) == table("""
        caller A           caller B                           the pool, when nothing moves
        acquire: gets #1                                      1 of 1 in use: A has #1
                           acquire                            1 of 1 in use: A has #1; B waits
        2.5 s pass                                            1 of 1 in use: A has #1; B still waits
                           !! fails after 5 s with
                           PoolExhausted
    """)


def test_a_waiter_that_is_cancelled_when_it_has_been_served() -> None:
    assert lanes_for(
        "CAN-2",
        *(built(), quiet()),
        *(asks(1), gets(1), quiet(70)),
        *(asks(2), quiet(70)),
        *(releases(1), released(1), gets(2), quiet(70)),
        *(asks(3), quiet(70)),
        *(asks(4), quiet(70)),
        *(releases(2), released(2), cancels(3), leaves(3), quiet(70)),
    ) == table("""
        caller A          caller B     caller C          caller D   the pool, when nothing moves
        acquire:                                                    1 of 1 in use: A has #1
        gets #1
                          acquire                                   1 of 1 in use: A has #1; B waits
        release #1
                          gets #1                                   1 of 1 in use: B has #1
                                       acquire                      1 of 1 in use: B has #1; C waits
                                                         acquire    1 of 1 in use: B has #1; C still
                                                                    waits; D waits
                          release #1
                                       is cancelled,                !! 0 of 1 in use: D still
                                       leaves with                  waits; #1 idle
                                       nothing
    """)


def test_a_release_inside_an_acquire_that_never_returns() -> None:
    assert lanes_for(
        "REE-1",
        *(built(), quiet()),
        *(asks(1), gets(1), quiet(70)),
        *(asks(2), releases(1, inside=2), quiet(70)),
    ) == table("""
        caller A           caller B                    the pool, when nothing moves
        acquire: gets #1                               1 of 1 in use: A has #1
                           acquire
                           inside it: begins to        !! 1 of 1 in use: B is still releasing A's #1
                           release A's #1
    """)


def test_a_server_that_keeps_callers_waiting_who_connect() -> None:
    held = [
        *(built(2), quiet()),
        *(asks(1), gets(1), quiet(70)),
        quiet(70, held=True),
        *(asks(2), quiet(70, 80, connecting=frozenset({2}), held=True)),
        *(releases(1), released(1), quiet(70, 80, connecting=frozenset({2}), held=True)),
        *(asks(3), quiet(70, 80, connecting=frozenset({2}), held=True)),
    ]

    assert lanes_for("PRG-1", *held) == table("""
        caller A           caller B   caller C   the pool, when nothing moves
        acquire: gets #1                         1 of 2 in use: A has #1
        the server lets nobody connect           1 of 2 in use: A has #1
                           acquire               1 of 2 in use: A has #1; B is connecting
        release #1                               0 of 2 in use: B is connecting; #1 idle
                                      acquire    !! 0 of 2 in use: B is connecting; C waits; #1 idle
    """)


def test_two_waiters_and_one_wake_up() -> None:
    assert lanes_for(
        "PRG-1",
        *(built(2), quiet()),
        *(asks(1), gets(1), quiet(70)),
        *(asks(2), gets(2, 80), quiet(70, 80)),
        *(asks(3), asks(4), quiet(70, 80)),
        *(releases(1), releases(2), released(1), gets(3), released(2), quiet(70, 80)),
    ) == table("""
        caller A           caller B           caller C   caller D   the pool, when nothing moves
        acquire: gets #1                                            1 of 2 in use: A has #1
                           acquire: gets #2                         2 of 2 in use: A has #1, B
                                                                    has #2
                                              acquire
                                                         acquire    2 of 2 in use: A has #1, B
                                                                    has #2; C and D wait
        begins to
        release #1
                           begins to
                           release #2
        has released #1
                                              gets #1
                           has released #2                          !! 1 of 2 in use: C has #1; D
                                                                    still waits; #2 idle
    """)


def test_when_a_call_breaks_the_clause_its_cell_is_marked() -> None:
    fails = AcquireFailed(6.0, "A", 2, REFUSED)

    assert lanes(built(), asks(1), gets(1), quiet(70), asks(2), quiet(70), fails) == table("""
        caller A           caller B                                 the pool, when nothing moves
        acquire: gets #1                                            1 of 1 in use: A has #1
                           acquire                                  1 of 1 in use: A has #1; B waits
                           !! fails after 5 s with
                           MaxConnectionsError
    """)


@pytest.mark.parametrize(
    ("by", "how"),
    [("cancel", "is cancelled"), ("wait_for", "is cancelled by wait_for")],
)
def test_a_cancelled_call_is_told_with_what_cancelled_it(by: str, how: str) -> None:
    acquire = lanes(built(), asks(1), cancels(1, by), leaves(1), quiet())
    release = lanes(
        *(built(), asks(1), gets(1), quiet(70), releases(1), cancels(101, by)),
        *(ReleaseCancelled(1.0, "A", 101, 1), quiet(70)),
    )

    assert f"\nacquire: {how}, leaves with nothing " in acquire
    assert f"\nrelease #1: {how}, leaves " in release


def test_a_release_that_ends_well_although_cancelled_says_so() -> None:
    begun = [built(2), asks(1), gets(1), quiet(70), releases(1), asks(2), cancels(101)]

    assert "\nis cancelled, has released #1 " in lanes(*begun, released(1), quiet(70))


def test_a_cancel_that_changes_nothing_is_seen_as_such() -> None:
    events = [built(), asks(1), gets(1), quiet(70), asks(2), quiet(70), cancels(2), quiet(70)]

    last = " ".join(lanes(*events).splitlines()[-1].split())

    assert last == "is cancelled !! 1 of 1 in use: A has #1; B still waits"


def test_a_release_inside_another_call_is_in_the_lane_of_that_call() -> None:
    assert lanes(
        *(built(2), asks(1), gets(1), asks(2), gets(2, 80), quiet(70, 80)),
        *(releases(2), releases(1, inside=102), released(1), released(2), quiet(70, 80)),
    ) == table("""
        caller A           caller B                    the pool, when nothing moves
        acquire: gets #1
                           acquire: gets #2            2 of 2 in use: A has #1, B has #2
                           begins to release #2
                           inside it: release A's #1
                           has released #2             !! 0 of 2 in use: #1 and #2 idle
    """)


def test_what_a_holder_does_is_told_in_its_lane() -> None:
    text = lanes(
        *(built(), asks(1), gets(1), quiet(70)),
        Used(1.0, "A", 1),
        Used(1.0, "A", 1, "a secret message"),
        ReplyAwaited(1.0, "A", 1, server_s=0.1, took_s=0.05, timed_out=True, control_s=0.05),
        Dropped(1.0, "A", 1),
        *(releases(1), released(1, error=REFUSED), releases(1, call=200), released(1, call=200)),
    )

    assert text == table("""
        caller A                                             the pool, when nothing moves
        acquire: gets #1                                     1 of 1 in use: A has #1
        sends a command on #1
        sends a command on #1: which goes wrong
        awaits a reply: gives up after 50 ms
        closes #1
        release #1: the release raises MaxConnectionsError
        !! release #1 again
    """)


def test_a_block_is_told_in_its_lane() -> None:
    text = lanes(built(), asks(1), gets(1, None), quiet(), BlockLeft(1.0, "A", 1, "KeyError"))

    assert text == table("""
        caller A                               the pool, when nothing moves
        acquire: gets one that does not work   1 of 1 in use: A has one that does not work
        !! leaves its block by KeyError
    """)


def test_a_message_that_may_hold_a_secret_is_never_cut_in_pieces() -> None:
    # Credentials are taken out later, and would not be found across two lines.
    text = lanes(
        *(built(2), asks(1), gets(1, None), asks(2), quiet()),
        *(Used(1.0, "A", 1, "a secret message"), AcquireFailed(6.0, "A", 2, REFUSED), quiet()),
    )

    assert "secret" not in text


def test_a_call_that_was_given_up_does_not_wait() -> None:
    assert lanes(
        *(built(), asks(1), quiet(), asks(2), quiet()),
        *(Overdue(9.0, "A", 1, 3.0), Overdue(9.0, "A", 50, 0.0), quiet()),
    ) == table("""
        caller A                     caller B   the pool, when nothing moves
        acquire                                 0 of 1 in use: A waits
                                     acquire    0 of 1 in use: A still waits; B waits
        has not returned after 3 s
        a call never returns                    !! 0 of 1 in use: B still waits
    """)


def test_the_server_lets_callers_connect_again() -> None:
    connecting = quiet(connecting=frozenset({1}), held=True)

    assert lanes(built(), quiet(held=True), asks(1), connecting, gets(1), quiet(70)) == table("""
        caller A                                the pool, when nothing moves
        the server lets nobody connect          0 of 1 in use
        acquire                                 0 of 1 in use: A is connecting
        the server lets callers connect again
        gets #1                                 !! 1 of 1 in use: A has #1
    """)


def test_time_that_passes_before_a_release_meets_the_end_of_a_wait() -> None:
    meets = (replace(releases(1), at_s=6.0), replace(released(1), at_s=6.0))
    out_of_time = AcquireFailed(6.0, "A", 2, Error("client.PoolExhausted", "none"))

    assert lanes(
        *(built(), asks(1), gets(1), asks(2), quiet(70), *meets, out_of_time),
        *(Quiescent(6.0, {"A": frozenset({70})}, certain=True),),
    ) == table("""
        caller A           caller B                             the pool, when nothing moves
        acquire: gets #1
                           acquire                              1 of 1 in use: A has #1; B waits
        5 s pass
        release #1
                           fails after 5 s with PoolExhausted   !! 0 of 1 in use: #1 idle
    """)


def test_an_outage_comes_upon_all_callers() -> None:
    away = (Outage(1.0, "nobody can connect"), quiet(70), releases(1), released(1), quiet())
    back = (OutageOver(1.0), quiet())

    assert lanes(built(), asks(1), gets(1), quiet(70), asks(2), quiet(70), *away, *back) == table("""
        caller A           caller B                        the pool, when nothing moves
        acquire: gets #1                                   1 of 1 in use: A has #1
                           acquire                         1 of 1 in use: A has #1; B waits
        the server cannot be reached: nobody can connect   1 of 1 in use: A has #1; B still waits
        release #1                                         0 of 1 in use: B still waits
        the server can be reached again                    !! 0 of 1 in use: B still waits
    """)


def test_it_is_told_how_long_an_outage_has_been_over() -> None:
    back = (OutageOver(1.0), Quiescent(61.0, {"A": frozenset({70})}))

    assert lanes(built(), asks(1), gets(1), Outage(1.0, "it is down"), quiet(70), *back) == table("""
        caller A                                     the pool, when nothing moves
        acquire: gets #1
        the server cannot be reached: it is down     1 of 1 in use: A has #1
        the server can be reached again; 60 s pass   !! 1 of 1 in use: A has #1
    """)


def test_what_an_outage_cuts_is_told_in_its_row() -> None:
    away = (Outage(1.0, "all is reset"), Cut(1.0, "A", 70, "reset"), quiet())
    later = (Cut(1.0, "A", 70, "reset"), quiet())

    assert lanes(built(), asks(1), gets(1), quiet(70), *away, *later) == table("""
        caller A                                     the pool, when nothing moves
        acquire: gets #1                             1 of 1 in use: A has #1
        the server cannot be reached: all is reset   1 of 1 in use: A has #1
        #1 is cut: reset                             !! 1 of 1 in use: A has #1
    """)


def test_more_connections_than_there_may_be_are_counted() -> None:
    text = lanes(built(), asks(1), asks(2), gets(1), quiet(70, 80))

    assert text.endswith(" !! 1 of 1 in use: A has #1; B waits; the server sees 2 open")


def in_turn(callers: int, *, most: int) -> list[Event]:
    """Callers of whom the first releases when there is one too many."""
    events = [built(most), quiet()]
    for call in range(1, callers + 1):
        if call > most:
            events += [releases(call - most), released(call - most)]
        events += [asks(call), gets(call, 70 + (call - 1) % most)]
        events += [quiet(*range(70, 70 + min(call, most)))]
    return events


def test_with_more_callers_than_lanes_who_comes_takes_the_lane_of_one_who_left() -> None:
    waits = [asks(7), quiet(70, 71), releases(5), asks(8), released(5), gets(8), quiet(70, 71)]

    assert lanes(*in_turn(6, most=2), *waits) == table("""
        callers A, C, E    callers B, D, F    caller G   caller H   the pool, when nothing moves
        (A) acquire:                                                1 of 2 in use: A has #1
        gets #1
                           (B) acquire:                             2 of 2 in use: A has #1, B
                           gets #2                                  has #2
        (A) release #1
        (C) acquire:                                                2 of 2 in use: B has #2, C
        gets #1                                                     has #1
                           (B) release #2
                           (D) acquire:                             2 of 2 in use: C has #1, D
                           gets #2                                  has #2
        (C) release #1
        (E) acquire:                                                2 of 2 in use: D has #2, E
        gets #1                                                     has #1
                           (D) release #2
                           (F) acquire:                             2 of 2 in use: E has #1, F
                           gets #2                                  has #2
                                              acquire               2 of 2 in use: E has #1, F
                                                                    has #2; G waits
        (E) begins to
        release #1
                                                         acquire
        (E) has
        released #1
                                                         gets #1    !! 2 of 2 in use: F has #2, H
                                                                    has #1; G still waits
    """)


def test_with_more_callers_at_once_than_lanes_each_step_names_its_caller() -> None:
    events = [*in_turn(5, most=5), asks(6), quiet(*range(70, 75))]

    laid = steps(events)

    assert laid[:4] == [
        "a pool is built with max_connections=5, timeout=5.0",
        "caller A: acquire: gets connection 1",
        "nothing moves: 1 of 5 in use: A has connection 1",
        "caller B: acquire: gets connection 2",
    ]
    assert laid[-2] == "caller F: acquire"
    assert laid[-1].endswith(", E has connection 5; F waits")
    assert rows_of(found(broken_at_the_end(Level.CONCURRENT), events))[1] == {
        "caller": "A",
        "what": "acquire: gets connection 1",
        "pool": "1 of 5 in use: A has connection 1",
    }


def test_several_pools_are_told_one_step_below_the_other() -> None:
    laid = steps(
        [
            *(built(1, "A"), built(1, "B"), quiet()),
            *(asks(1, "A"), asks(2, "B"), gets(1), gets(2, 80, "B"), quiet(70)),
        ]
    )

    assert laid[:-1] == [
        "the pools A and B are built with max_connections=1, timeout=5.0",
        "caller A: acquire from pool A",
        "caller B: acquire from pool B",
        "caller A: gets connection 1",
        "caller B: gets connection 2",
    ]
    assert laid[-1] == (
        "nothing moves: pool A: 1 of 1 in use: A has connection 1; "
        "pool B: 1 of 1 in use: B has connection 2"
    )


@pytest.mark.parametrize("callers", range(1, 9))
@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_line_is_too_long(callers: int, most: int) -> None:
    events = [*in_turn(callers, most=most), asks(50), asks(51), quiet(*range(70, 90))]

    for line in lanes(*events, cancels(50, "KeyboardInterrupt"), leaves(50)).splitlines():
        assert len(line) <= WIDEST
        assert line == line.rstrip()


def test_callers_and_connections_keep_their_names_whatever_their_numbers_were() -> None:
    def events(call: int, connection: int) -> list[Event]:
        return [
            *(built(), asks(call), gets(call, connection), quiet(connection)),
            *(asks(call + 7), quiet(connection), asks(call + 3), quiet(connection)),
        ]

    assert lanes(*events(1, 70)) == lanes(*events(40, 3))


@pytest.mark.parametrize(
    "events",
    [
        [asks(1), asks(2), gets(1), gets(2, 80)],
        [asks(1), gets(1), releases(1), asks(2), released(1), gets(2)],
        [asks(1), gets(1), asks(2), quiet(70), asks(3), quiet(70), releases(1)],
        [asks(1), cancels(1), leaves(1)],
        [asks(1), gets(1), releases(1), ReleaseCancelled(1.0, "A", 101, 1)],
        [asks(1), gets(1), asks(2), releases(1, inside=2)],
        [quiet(held=True), asks(1), gets(1)],
        [asks(1), quiet(connecting=frozenset({1})), gets(1)],
    ],
)
def test_where_callers_meet_any_clause_is_told_in_lanes(events: list[Event]) -> None:
    assert steps([built(3), *events], Level.CORE)[0].endswith("the pool, when nothing moves")


def test_where_they_come_one_by_one_a_clause_of_the_core_is_told_as_a_list() -> None:
    events = [
        *(built(), quiet(), asks(1), gets(1), quiet(70), asks(2), quiet(70)),
        *(releases(1), released(1), gets(2), quiet(70), releases(2), released(2), asks(3), gets(3)),
    ]

    assert steps(events, Level.CORE) == [
        "a pool is built with max_connections=1, timeout=5.0",
        "acquire gets connection 1",
        "acquire waits",
        "release connection 1",
        "the waiting acquire gets connection 1",
        "release connection 1",
        "acquire gets connection 1",
    ]


def test_where_a_release_stands_that_does_not_return() -> None:
    stuck = replace(quiet(70), stack=("pool.py:7 release", "queue.py:133 Queue.put"))

    laid, _ = laid_out(
        "REE-1",
        [built(), quiet(), asks(1), gets(1), quiet(70), asks(2), releases(1, inside=2), stuck],
    )

    assert laid[-1] == (
        "the call that does not return stands at\n  pool.py:7 release\n  queue.py:133 Queue.put"
    )


def test_a_reply_that_is_left_unread_and_who_is_given_it() -> None:
    answered = "CLIENT ID was answered with 'what is under cart-7'"

    assert lanes(
        *(built(), quiet()),
        *(asks(1), gets(1), quiet(70)),
        *(LeftUnread(1.0, "A", 1, "GET cart-7"), BytesArrived(1.0, "A", 70), quiet(70)),
        *(asks(2), releases(1), released(1)),
        Acquired(1.0, "A", 2, None, answered, foreign=True),
    ) == table("""
        caller A                        caller B                        the pool, when nothing moves
        acquire: gets #1                                                1 of 1 in use: A has #1
        on #1, sends GET cart-7 and
        does not read the reply
        bytes that nobody reads arrive on #1                            1 of 1 in use: A has #1
                                        acquire
        release #1
                                        !! gets one with another
                                        caller's reply on it: CLIENT
                                        ID was answered with 'what is
                                        under cart-7'
    """)


def test_a_connection_that_is_cut() -> None:
    assert lanes(
        *(built(), quiet()),
        *(asks(1), gets(1), quiet(70)),
        *(Cut(1.0, "A", 70, "CLIENT KILL"), quiet()),
        *(releases(1), released(1), quiet()),
    ) == table("""
        caller A                             the pool, when nothing moves
        acquire: gets #1                     1 of 1 in use: A has #1
        the server closes #1 (CLIENT KILL)   1 of 1 in use: A has #1
        release #1                           !! 0 of 1 in use
    """)


def test_where_callers_meet_each_step_names_its_caller_and_has_no_columns() -> None:
    assert rows_of(found(CLAUSES["FAIR-1"], OVERTAKEN)) == [
        {"what": "a pool is built with max_connections=1, timeout=5.0"},
        {"caller": "A", "what": "acquire: gets #1", "pool": "1 of 1 in use: A has #1"},
        {"caller": "B", "what": "acquire", "pool": "1 of 1 in use: A has #1; B waits"},
        {"caller": "A", "what": "begins to release #1"},
        {"caller": "C", "what": "acquire"},
        {"caller": "A", "what": "has released #1"},
        {"caller": "C", "what": "gets #1", "pool": "1 of 1 in use: C has #1; B still waits"},
    ]


def test_where_they_come_one_by_one_the_steps_are_those_that_people_read() -> None:
    events = [
        *(built(2), quiet()),
        *(asks(1), gets(1), quiet(70)),
        *(releases(1), released(1), quiet(70)),
        *(releases(1, call=200), released(1, call=200), quiet(70)),
        *(asks(2), gets(2), quiet(70)),
        *(asks(3), gets(3), quiet(70)),
    ]

    steps, _ = laid_out("RET-3", events)

    assert len(steps) == 6
    assert rows_of(found(CLAUSES["RET-3"], events)) == [{"what": step} for step in steps]


def test_it_reaches_the_parent_as_it_was_made() -> None:
    stuck = [
        *OVERTAKEN[:-1],
        Quiescent(1.0, {"A": frozenset({70})}, True, stack=("pool.py:7 acquire",)),
    ]

    for events in (OVERTAKEN, stuck):
        counterexample = found(CLAUSES["FAIR-1"], events)

        assert decode(encode(counterexample).encode()) == counterexample
