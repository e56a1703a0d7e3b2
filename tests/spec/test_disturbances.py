"""What a pool does rightly once something out of the ordinary has happened to it convicts it of
nothing; on a quiet day the same would.
"""

import pytest
from histories import (
    OUTAGE,
    OVER,
    REFUSED,
    Events,
    acquires,
    asks,
    built,
    bytes_arrive,
    closes,
    commands,
    cut,
    disconnects,
    fails,
    fills_and_empties,
    gets,
    gets_a_dead_one,
    gets_a_foreign_reply,
    is_interrupted,
    joined,
    leaves_unread,
    releases,
    said,
    still,
    uses,
)

from poolproof.spec import CLAUSES
from poolproof.spec.model.events import (
    CommandCalled,
    CommandReturned,
    Error,
    PoolBuilt,
    PoolConfig,
    ReplyAwaited,
)

BEGUN: Events = (CommandCalled(0.0, "A", 50),)
ENDED: Events = (CommandReturned(0.0, "A", 50),)
TOO_LATE = fails(2, REFUSED, after_s=1.0)
LATER = releases(1, at_s=2.0)
IMPATIENT: Events = (PoolBuilt(0.0, "A", PoolConfig(1, 1.0, socket_timeout_s=0.5)),)
REPLY_GIVEN_UP: Events = (
    ReplyAwaited(0.0, "A", 1, server_s=1.0, took_s=0.1, timed_out=True, control_s=0.5),
)
CLOSED = Error("some.PoolClosed", "closed")

START = joined([built(2), fills_and_empties(7, 8)])
FULL = joined([START, acquires(1, 7), acquires(2, 8)])
FULL_AND_ONE_WAITS = joined([FULL, asks(3), still(7, 8)])
UNREAD = joined([acquires(1, 7), leaves_unread(1), bytes_arrive(7), releases(1)])
READ = joined([acquires(1, 7), releases(1)])


def convicted(*parts: Events) -> set[str]:
    return {
        name
        for name, clause in CLAUSES.items()
        if any(broken is not None for broken in said(clause, *parts))
    }


@pytest.mark.parametrize(
    ("before", "disturbance", "after", "on_a_quiet_day"),
    [
        pytest.param(
            START,
            cut(7),
            joined([acquires(1, 9), acquires(2, 8)]),
            set(),
            id="what was cut at the front is opened again in its place",
        ),
        pytest.param(
            FULL,
            cut(7),
            joined([asks(3), gets(3, 9)]),
            {"BND-1"},
            id="what was cut in use is replaced before it is released",
        ),
        pytest.param(
            FULL,
            cut(7, visible=False),
            joined([releases(1), acquires(3, 9), still(7, 8, 9)]),
            {"BND-1"},
            id="the server has not heard that a connection was cut",
        ),
        pytest.param(
            joined([IMPATIENT, acquires(1, 7)]),
            cut(7),
            REPLY_GIVEN_UP,
            {"TMO-4"},
            id="the wait for a reply ends with the connection",
        ),
        pytest.param(
            FULL_AND_ONE_WAITS,
            joined([cut(7), OUTAGE]),
            fails(3, REFUSED, after_s=0.1),
            {"TMO-2"},
            id="a waiter is to get another for what was cut, and nobody can connect",
        ),
        pytest.param(
            FULL,
            cut(7),
            uses(1, "ECHO raised ConnectionError"),
            set(),
            id="what was cut does not answer its holder",
        ),
        pytest.param(
            joined([built(2)]),
            OUTAGE,
            joined([asks(1), fails(1), asks(2), gets_a_dead_one(2)]),
            {"BND-2"},
            id="nobody can connect to begin with",
        ),
        pytest.param(
            START,
            OUTAGE,
            joined([asks(1), fails(1), OVER, asks(2), fails(2)]),
            {"BND-3"},
            id="nobody can connect later on",
        ),
        pytest.param(
            joined([built(1), fills_and_empties(7)]),
            OUTAGE,
            joined([asks(1), still()]),
            {"PRG-1"},
            id="a caller waits until it may try to connect again",
        ),
        pytest.param(
            joined([built(1), fills_and_empties(7), acquires(1, 7), asks(2), TOO_LATE, LATER]),
            OUTAGE,
            joined([asks(3), fails(3)]),
            {"TMO-6"},
            id="nobody can connect after a wait in vain",
        ),
        pytest.param(
            FULL_AND_ONE_WAITS,
            OUTAGE,
            gets_a_dead_one(3),
            {"TMO-1"},
            id="a waiter gets what nobody can know to be dead",
        ),
        pytest.param(
            joined([OUTAGE, built(2), OVER]),
            (),
            joined([asks(1), fails(1)]),
            set(),
            id="the pool was built in an outage that is over",
        ),
        pytest.param(
            joined([OUTAGE, built(2)]),
            joined([asks(1), fails(1)]),
            OVER,
            set(),
            id="the pool is built in an outage",
        ),
        pytest.param(
            FULL,
            OUTAGE,
            still(7, 8, 9),
            {"BND-1"},
            id="in an outage the server sees what is closed",
        ),
        pytest.param(
            FULL_AND_ONE_WAITS,
            closes(),
            fails(3, CLOSED, after_s=0.1),
            {"TMO-2"},
            id="a waiter is told that the pool is closed",
        ),
        pytest.param(
            FULL_AND_ONE_WAITS,
            closes(),
            joined([releases(1), fails(3, CLOSED, after_s=0.1)]),
            {"TMO-1"},
            id="a waiter is told that the pool is closed, and a connection is released",
        ),
        pytest.param(
            START,
            closes(),
            joined([asks(1), fails(1, CLOSED)]),
            {"BND-3"},
            id="a caller comes after the end",
        ),
        pytest.param(
            FULL,
            closes(),
            joined(
                [uses(1, "ECHO raised ConnectionError"), releases(1), asks(3), fails(3, CLOSED)]
            ),
            set(),
            id="what is in use is closed with the pool",
        ),
        pytest.param(
            joined([START, acquires(1, 7)]),
            disconnects(),
            joined([acquires(2, 9), releases(2), releases(1), acquires(3, 9), acquires(4, 7)]),
            set(),
            id="disconnecting leaves what is in use",
        ),
        pytest.param(
            START,
            disconnects(),
            joined([acquires(1, 9), releases(1), acquires(2, 8), acquires(3, 7)]),
            {"ORD-3"},
            id="connections are replaced one after the other",
        ),
        pytest.param(
            FULL_AND_ONE_WAITS,
            disconnects(),
            gets(3, 9),
            {"BND-1"},
            id="a waiter is served with what takes the place of a connection in use",
        ),
        pytest.param(
            joined([START, READ]),
            joined([acquires(2, 8), leaves_unread(2), bytes_arrive(8), releases(2)]),
            joined([acquires(3, 9), acquires(4, 7)]),
            set(),
            id="what is unread is replaced, and the order is another one",
        ),
        pytest.param(
            joined([built(1), acquires(1, 7)]),
            joined([leaves_unread(1), bytes_arrive(7)]),
            joined([uses(1, "ECHO was answered with 'stale'"), releases(1), acquires(2, 8)]),
            set(),
            id="a holder gets the reply that it left unread",
        ),
        pytest.param(
            joined([built(1), fills_and_empties(7)]),
            BEGUN,
            joined([asks(1), still(7), fails(1, REFUSED, after_s=1.0), ENDED]),
            {"BND-3", "RET-1", "PRG-1"},
            id="a command has the only slot",
        ),
        pytest.param(
            joined([built(1), acquires(1, 7), asks(2), still(7)]),
            BEGUN,
            joined([releases(1), still(7), asks(3), still(7), ENDED, gets(2, 7)]),
            {"FAIR-2", "PRG-1"},
            id="a command is served in its turn",
        ),
        pytest.param(
            joined([built(2), acquires(1, 7), acquires(2, 8), releases(1), releases(2)]),
            commands(5),
            joined([acquires(3, 8), acquires(4, 7)]),
            {"ORD-1"},
            id="a command has used the one at the front",
        ),
    ],
)
def test_what_is_right_after_a_disturbance_convicts_nobody(
    before: Events, disturbance: Events, after: Events, on_a_quiet_day: set[str]
) -> None:
    assert convicted(before, disturbance, after) == set()
    assert convicted(before, after) >= on_a_quiet_day


def test_a_slot_that_an_interrupted_command_took_with_it_is_lost_as_by_anything_else() -> None:
    start = (built(1), fills_and_empties(7), is_interrupted(1))

    assert convicted(*start, asks(2), fails(2)) == {"BND-3", "CAN-4"}


def test_a_foreign_reply_is_not_held_to_be_a_lost_slot() -> None:
    stale = (asks(2), gets_a_foreign_reply(2), releases(2), asks(3), fails(3))

    assert "BND-3" not in convicted(built(1), UNREAD, *stale)


def test_the_order_of_those_that_were_not_cut_stays() -> None:
    start = (built(3), fills_and_empties(7, 8, 9), cut(7))

    assert convicted(*start, acquires(1, 9), acquires(2, 8)) == {"ORD-1"}


def test_a_release_counts_as_in_time_only_until_something_else_happens() -> None:
    early = (built(1), acquires(1, 7), asks(2), fails(2, REFUSED, after_s=0.1))

    assert said(CLAUSES["TMO-1"], *early, releases(1)) != []
    assert said(CLAUSES["TMO-1"], *early, cut(7), releases(1)) == []


def test_a_caller_who_is_turned_away_by_a_closed_pool_does_not_show_that_it_has_a_bound() -> None:
    full = (built(1, pool="B"), acquires(31, 5, "B"))
    turned_away = (asks(32, "B"), fails(32, REFUSED, pool="B"))
    shared = (built(1), acquires(1, 7), releases(1), releases(1), acquires(2, 7), acquires(3, 7))

    assert "RET-3" in convicted(*full, *turned_away, *shared)
    assert "RET-3" not in convicted(*full, closes(pool="B"), *turned_away, *shared)
