"""The clauses on what pools may offer, on histories written by hand."""

from histories import EXHAUSTED, REFUSED, Events, closes, cut, gets, said, uses

from poolproof.spec.clauses.options import a_callers_own_timeout_bounds_its_wait as opt_3
from poolproof.spec.clauses.options import a_pool_that_rests_has_connections_ready as opt_5
from poolproof.spec.clauses.options import closing_waits_for_holders_as_long_as_it_was_told as opt_4
from poolproof.spec.clauses.options import what_was_idle_for_too_long_is_not_handed_out as opt_1
from poolproof.spec.clauses.options import what_was_open_for_too_long_is_not_handed_out as opt_2
from poolproof.spec.clauses.timeout import a_wait_in_vain_ends_at_timeout as tmo_2
from poolproof.spec.clauses.timeout import the_error_says_that_the_pool_was_exhausted as tmo_3
from poolproof.spec.model.events import (
    AcquireCalled,
    AcquireFailed,
    BlockLeft,
    CloseCalled,
    CloseReturned,
    Error,
    PoolBuilt,
    PoolConfig,
    Quiescent,
    ReleaseReturned,
)
from poolproof.spec.model.events import ReleaseCalled as Releases

IDLE: Events = (PoolBuilt(0.0, "A", PoolConfig(2, 1.0, max_idle_time_s=60.0)),)
LIVING: Events = (PoolBuilt(0.0, "A", PoolConfig(2, 1.0, max_lifetime_s=60.0)),)
RESTING: Events = (PoolBuilt(0.0, "A", PoolConfig(3, 1.0, min_idle=2)),)
NEITHER: Events = (PoolBuilt(0.0, "A", PoolConfig(2, 1.0)),)


def acquires(call: int, connection: int, at_s: float) -> Events:
    return (AcquireCalled(at_s, "A", call), *gets(call, connection))


def releases(acquire: int, at_s: float, returned_s: float | None = None) -> Events:
    call = 100 + acquire
    returned_s = at_s if returned_s is None else returned_s
    return (Releases(at_s, "A", call, acquire), ReleaseReturned(returned_s, "A", call, acquire))


class TestIdle:
    USED = (IDLE, acquires(1, 7, 0.0), releases(1, 10.0))

    def test_an_old_one_that_is_handed_out_breaks_it(self) -> None:
        assert said(opt_1, *self.USED, acquires(2, 7, 160.0)) == [
            "acquire got connection 7, which had been idle for 150 s, and max_idle_time is 60 s"
        ]

    def test_another_one_in_its_place_upholds_it(self) -> None:
        assert said(opt_1, *self.USED, acquires(2, 8, 160.0)) == [None]

    def test_of_one_that_is_hardly_too_old_it_says_nothing(self) -> None:
        assert said(opt_1, *self.USED, acquires(2, 7, 120.0)) == []

    def test_a_young_one_proves_nothing(self) -> None:
        assert said(opt_1, *self.USED, acquires(2, 7, 20.0)) == []

    def test_one_that_was_in_use_all_the_time_was_not_idle(self) -> None:
        later = releases(1, 150.0)

        assert said(opt_1, IDLE, acquires(1, 7, 0.0), later, acquires(2, 7, 160.0)) == []

    def test_it_is_not_idle_before_its_release_has_returned(self) -> None:
        slow = releases(1, 10.0, 150.0)

        assert said(opt_1, IDLE, acquires(1, 7, 0.0), slow, acquires(2, 7, 160.0)) == []

    def test_a_caller_who_had_asked_before_it_grew_old_may_have_it(self) -> None:
        asked = (AcquireCalled(20.0, "A", 2),)

        assert said(opt_1, *self.USED, asked, gets(2, 7)) == []

    def test_a_block_that_is_left_makes_it_idle(self) -> None:
        left = (BlockLeft(10.0, "A", 1, "return"),)

        assert said(opt_1, IDLE, acquires(1, 7, 0.0), left, acquires(2, 7, 160.0)) != []

    def test_one_that_was_cut_meanwhile_is_not_met(self) -> None:
        assert said(opt_1, *self.USED, cut(7), acquires(2, 8, 160.0)) == []

    def test_a_pool_that_was_not_told_is_not_judged(self) -> None:
        used = (acquires(1, 7, 0.0), releases(1, 10.0), acquires(2, 7, 1000.0))

        assert said(opt_1, NEITHER, *used) == said(opt_1, LIVING, *used) == []

    def test_nothing_is_said_once_the_state_is_not_known(self) -> None:
        lost = (acquires(2, 8, 10.0), uses(2, "somebody else's reply"))

        assert said(opt_1, *self.USED, *lost, acquires(3, 7, 160.0)) == []


class TestOpen:
    USED = (
        LIVING,
        acquires(1, 7, 0.0),
        releases(1, 50.0),
        acquires(2, 7, 60.0),
        releases(2, 110.0),
    )

    def test_an_old_one_that_is_handed_out_breaks_it_though_it_was_always_used(self) -> None:
        assert said(opt_2, *self.USED, acquires(3, 7, 121.0)) == [
            "acquire got connection 7, which had been open for 121 s, and max_lifetime is 60 s"
        ]

    def test_another_one_in_its_place_upholds_it(self) -> None:
        assert said(opt_2, *self.USED, acquires(3, 8, 121.0)) == [None]

    def test_of_one_that_is_hardly_too_old_it_says_nothing(self) -> None:
        assert said(opt_2, *self.USED, acquires(3, 7, 119.0)) == []

    def test_it_grows_old_from_when_the_server_first_showed_it(self) -> None:
        seen = (Quiescent(0.0, {"A": frozenset({7})}),)

        assert said(opt_2, LIVING, seen, acquires(1, 7, 121.0)) != []

    def test_a_pool_that_was_not_told_is_not_judged(self) -> None:
        used = (acquires(1, 7, 0.0), releases(1, 10.0), acquires(2, 7, 1000.0))

        assert said(opt_2, NEITHER, *used) == said(opt_2, IDLE, *used) == []


def asks(call: int, own_s: float | None, at_s: float = 0.0) -> Events:
    return (AcquireCalled(at_s, "A", call, own_s),)


def fails(call: int, at_s: float, *, exact: bool = True) -> Events:
    return (AcquireFailed(at_s, "A", call, EXHAUSTED, exact=exact),)


def still(at_s: float = 0.0) -> Events:
    return (Quiescent(at_s, {"A": frozenset({7})}, certain=True),)


class TestOwnTimeout:
    FULL = ((PoolBuilt(0.0, "A", PoolConfig(1, 5.0)),), acquires(1, 7, 0.0))

    def test_an_acquire_that_fails_when_its_own_time_is_over_upholds_it(self) -> None:
        assert said(opt_3, *self.FULL, asks(2, 1.0), fails(2, 1.0)) == [None]
        assert said(opt_3, *self.FULL, asks(2, 10.0), fails(2, 10.0)) == [None]

    def test_one_that_waits_as_long_as_the_pool_would_have_it_breaks_it(self) -> None:
        assert said(opt_3, *self.FULL, asks(2, 1.0), fails(2, 5.0)) == [
            (
                "an acquire that was given a timeout of 1 s failed after 5 s with "
                "PoolTimeout: exhausted"
            )
        ]
        assert said(opt_3, *self.FULL, asks(2, 10.0), fails(2, 5.0)) != [None]

    def test_one_that_is_served_long_after_its_time_breaks_it(self) -> None:
        [called] = asks(2, 1.0, at_s=-3.0)  # what it gets, it gets at 0

        assert said(opt_3, *self.FULL, (called,), still(), gets(2, 7)) == [
            (
                "an acquire that was given a timeout of 1 s went on waiting, and got a "
                "connection after 3 s"
            )
        ]

    def test_one_that_is_served_in_time_proves_nothing(self) -> None:
        assert said(opt_3, *self.FULL, asks(2, 1.0), still(), gets(2, 7)) == []

    def test_one_that_found_something_free_may_fail_for_another_reason(self) -> None:
        assert said(opt_3, self.FULL[0], asks(2, 10.0), fails(2, 0.0)) == []

    def test_one_that_may_be_late_because_the_machine_is_busy_proves_nothing(self) -> None:
        assert said(opt_3, *self.FULL, asks(2, 1.0), fails(2, 5.0, exact=False)) == []

    def test_one_that_left_it_to_the_pool_is_not_judged(self) -> None:
        assert said(opt_3, *self.FULL, asks(2, None), fails(2, 1.0)) == []

    def test_nothing_is_said_of_a_pool_that_was_closed(self) -> None:
        assert said(opt_3, *self.FULL, asks(2, 10.0), closes(), fails(2, 1.0)) == []

    def test_its_wait_does_not_count_as_one_for_the_timeout_of_the_pool(self) -> None:
        history = (*self.FULL, asks(2, 1.0), still(), fails(2, 1.0))

        assert said(tmo_2, *history) == said(tmo_3, *history) == []


def begins_to_close(grace_s: float | None = 10.0) -> Events:
    return (CloseCalled(0.0, "A", 70, grace_s),)


def is_closed(at_s: float, error: Error | None = None) -> Events:
    return (CloseReturned(at_s, "A", 70, error),)


class TestGrace:
    HELD = ((PoolBuilt(0.0, "A", PoolConfig(2, 5.0)),), acquires(1, 7, 0.0))

    def test_closing_that_ends_when_all_is_released_upholds_it(self) -> None:
        done = (releases(1, 4.0), is_closed(4.0))

        assert said(opt_4, *self.HELD, begins_to_close(), still(), *done) == [None]

    def test_closing_that_ends_with_the_grace_period_upholds_it(self) -> None:
        assert said(opt_4, *self.HELD, begins_to_close(), is_closed(10.0)) == [None]

    def test_closing_that_does_not_wait_breaks_it(self) -> None:
        assert said(opt_4, *self.HELD, begins_to_close(), is_closed(0.0)) == [
            "closing was given 10 s, and ended after 0 ms, while a connection was in use"
        ]

    def test_closing_that_goes_on_when_the_grace_period_is_over_breaks_it(self) -> None:
        assert said(opt_4, *self.HELD, begins_to_close(), still(20.0)) == [
            "closing was given 10 s, and has not ended after 20 s"
        ]
        assert said(opt_4, *self.HELD, begins_to_close(), is_closed(20.0)) == [
            "closing was given 10 s, and ended only after 20 s"
        ]

    def test_closing_that_waits_proves_nothing_yet(self) -> None:
        assert said(opt_4, *self.HELD, begins_to_close(), still(5.0)) == []

    def test_who_came_later_need_not_be_waited_for(self) -> None:
        later = (acquires(2, 8, 1.0), releases(1, 4.0), is_closed(4.0))

        assert said(opt_4, *self.HELD, begins_to_close(), *later) == [None]

    def test_where_nobody_held_a_connection_nothing_is_proved(self) -> None:
        assert said(opt_4, self.HELD[0], begins_to_close(), is_closed(0.0)) == []

    def test_without_a_grace_period_nothing_is_asked(self) -> None:
        assert said(opt_4, *self.HELD, begins_to_close(None), is_closed(0.0)) == []

    def test_closing_once_more_is_not_judged(self) -> None:
        closed = (*self.HELD, begins_to_close(), is_closed(10.0))

        assert said(opt_4, *closed, begins_to_close(), is_closed(10.0)) == [None]

    def test_closing_that_raises_is_for_another_clause(self) -> None:
        assert said(opt_4, *self.HELD, begins_to_close(), is_closed(0.0, REFUSED)) == []


def seen(at_s: float, *connections: int, certain: bool = True) -> Events:
    return (Quiescent(at_s, {"A": frozenset(connections)}, certain=certain),)


class TestResting:
    USED = (RESTING, acquires(1, 7, 0.0), releases(1, 10.0))

    def test_too_few_that_are_open_break_it(self) -> None:
        assert said(opt_5, *self.USED, seen(160.0, 7)) == [
            "150 s after its last use the pool had 1 connection open, and min_idle is 2"
        ]

    def test_enough_of_them_uphold_it(self) -> None:
        assert said(opt_5, *self.USED, seen(160.0, 7, 8)) == [None]

    def test_a_pool_has_time_to_open_them(self) -> None:
        assert said(opt_5, *self.USED, seen(60.0, 7)) == []

    def test_a_pool_that_was_never_used_need_not_have_begun(self) -> None:
        assert said(opt_5, RESTING, seen(160.0)) == []

    def test_one_that_is_in_use_does_not_rest(self) -> None:
        assert said(opt_5, RESTING, acquires(1, 7, 0.0), seen(160.0, 7)) == []

    def test_where_something_may_still_move_nothing_is_known(self) -> None:
        assert said(opt_5, *self.USED, seen(160.0, 7, certain=False)) == []

    def test_what_was_cut_behind_its_back_it_need_not_know_of(self) -> None:
        assert said(opt_5, *self.USED, cut(7), seen(160.0)) == []

    def test_a_pool_that_was_not_told_is_not_judged(self) -> None:
        assert said(opt_5, NEITHER, acquires(1, 7, 0.0), releases(1, 10.0), seen(160.0)) == []
