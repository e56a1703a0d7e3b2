"""The clauses of closing, on histories written by hand."""

import pytest
from histories import (
    OUTAGE,
    REFUSED,
    Events,
    acquires,
    asks,
    built,
    closes,
    cut,
    disconnects,
    fails,
    fills_and_empties,
    gets,
    gets_a_dead_one,
    releases,
    said,
    serves_who_waits,
    still,
    uses,
)

from poolproof.spec.clauses.closing import a_closed_pool_leaves_nothing_open as cls_2
from poolproof.spec.clauses.closing import a_pool_that_disconnects_goes_on as cls_3
from poolproof.spec.clauses.closing import closing_ends_every_wait as cls_1
from poolproof.spec.model.events import (
    CancelCalled,
    CloseCalled,
    DisconnectCalled,
    Error,
    Overdue,
    ReleaseCalled,
)

ONE = built(1)
TWO = built(2)
CLOSED = Error("some.PoolClosed", "closed")
each = pytest.mark.parametrize


class TestWaits:
    WAITING = (ONE, acquires(1, 7), asks(2), still(7))

    def test_a_caller_who_still_waits_when_nothing_moves_breaks_it(self) -> None:
        assert said(cls_1, *self.WAITING, closes(), still(7)) == [
            "nothing moves any more, the pool is closed, and a caller still waits for a connection"
        ]

    def test_where_that_nothing_moves_is_only_likely_it_says_nothing(self) -> None:
        assert said(cls_1, *self.WAITING, closes(), still(7, certain=False)) == []

    def test_a_waiter_who_is_told_at_once_upholds_it(self) -> None:
        told = fails(2, CLOSED, after_s=0.1)

        assert said(cls_1, *self.WAITING, closes(), told, still(7)) == [None]

    def test_a_waiter_whose_time_was_over_anyway_proves_nothing(self) -> None:
        assert said(cls_1, *self.WAITING, closes(), fails(2, CLOSED, after_s=1.0)) == []

    def test_a_call_that_never_returned_breaks_it(self) -> None:
        overdue: Events = (Overdue(0.0, "A", 2, 5.0),)

        [broken] = said(cls_1, *self.WAITING, closes(), overdue)
        assert broken

    def test_a_connection_after_the_end_breaks_it(self) -> None:
        assert said(cls_1, ONE, fills_and_empties(7), closes(), acquires(1, 8)) == [
            "the pool had been closed, and an acquire returned a connection"
        ]

    def test_an_error_after_the_end_upholds_it(self) -> None:
        assert said(cls_1, ONE, closes(), asks(1), fails(1, CLOSED)) == [None]

    def test_an_error_of_a_closed_and_exhausted_pool_counts_only_before_its_time(self) -> None:
        full = (ONE, acquires(1, 7), closes(), asks(2))

        assert said(cls_1, *full, fails(2, CLOSED, after_s=1.0)) == []
        assert said(cls_1, *full, fails(2, CLOSED)) == [None]

    def test_who_waits_for_what_cannot_come_any_more_breaks_it(self) -> None:
        [broken] = said(cls_1, ONE, acquires(1, 7), closes(), asks(2), still(7))
        assert broken

    @each("end", [fails(2, REFUSED), gets(2, 8)], ids=["at once", "after the connect"])
    def test_a_caller_who_is_connecting_may_end_in_either_way(self, end: Events) -> None:
        connecting = (TWO, acquires(1, 7), asks(2), still(7, connecting=[2], connects_held=True))
        held = still(7, connecting=[2], connects_held=True)

        assert said(cls_1, *connecting, closes(), held, end, still(7)) == []

    def test_a_waiter_may_be_served_by_a_release_that_comes_with_the_end(self) -> None:
        close = closes()

        assert said(cls_1, *self.WAITING, close[:1], releases(1), close[1:], gets(2, 7)) == []

    def test_until_the_end_has_come_waiting_is_right(self) -> None:
        assert said(cls_1, *self.WAITING, closes()[:1], still(7)) == []
        assert said(cls_1, *self.WAITING, closes(error=CLOSED), still(7)) == []

    def test_who_was_cancelled_is_not_said_to_wait(self) -> None:
        cancelled: Events = (CancelCalled(0.0, "A", 2, "cancel"),)

        assert said(cls_1, *self.WAITING, cancelled, closes(), still(7)) == []

    def test_who_is_kept_waiting_by_the_server_does_not_wait_for_the_pool(self) -> None:
        start = (TWO, acquires(1, 7), asks(2), closes())

        assert said(cls_1, *start, still(7, connecting=[2])) == []
        assert said(cls_1, *start, still(7, connects_held=True)) == []
        assert said(cls_1, *start, OUTAGE, still(7)) == []

    def test_disconnecting_ends_no_wait(self) -> None:
        assert said(cls_1, *self.WAITING, disconnects(), still(7)) == []


class TestNothingOpen:
    def test_an_idle_connection_that_stays_open_breaks_it(self) -> None:
        assert said(cls_2, ONE, fills_and_empties(7), still(7), closes(), still(7)) == [
            "the pool is closed, and connection 7, which nobody holds, is open"
        ]

    def test_a_connection_that_was_in_use_and_stays_open_breaks_it(self) -> None:
        held = (ONE, acquires(1, 7), closes(), still(7))

        assert said(cls_2, *held) == [None]
        [_, broken] = said(cls_2, *held, releases(1), still(7))
        assert broken

    def test_closing_everything_upholds_it(self) -> None:
        held = (TWO, acquires(1, 7), acquires(2, 8), releases(2), closes(), still(7))

        assert said(cls_2, *held, releases(1), still()) == [None, None]

    def test_closing_what_is_in_use_too_upholds_it(self) -> None:
        broken = uses(1, "ECHO raised ConnectionError")

        assert said(
            cls_2, ONE, acquires(1, 7), closes(), still(), broken, releases(1), still()
        ) == [
            None,
            None,
        ]

    def test_a_pool_without_connections_proves_nothing(self) -> None:
        assert said(cls_2, ONE, closes(), still()) == []

    def test_an_acquire_after_the_end_that_gets_a_connection_breaks_it(self) -> None:
        assert said(cls_2, ONE, fills_and_empties(7), closes(), acquires(1, 8)) == [
            "the pool had been closed, and an acquire got connection 8"
        ]

    def test_what_was_being_opened_at_the_end_may_be_held_but_not_left(self) -> None:
        late = (TWO, fills_and_empties(7, 8), asks(1), closes(), still(9), gets(1, 9), still(9))

        assert said(cls_2, *late) == [None]
        assert said(cls_2, *late, releases(1), still()) == [None, None]
        [_, broken] = said(cls_2, *late, releases(1), still(9))
        assert broken

    def test_what_was_being_opened_by_who_then_fails_must_not_stay(self) -> None:
        late = (TWO, fills_and_empties(7, 8), asks(1), closes(), still(9), fails(1, CLOSED))

        assert said(cls_2, *late, still()) == [None]
        [broken] = said(cls_2, *late, still(9))
        assert broken

    def test_an_error_breaks_it(self) -> None:
        assert said(cls_2, ONE, fills_and_empties(7), closes(error=CLOSED)) == [
            "closing the pool raised PoolClosed: closed"
        ]

    def test_an_error_of_the_second_time_breaks_it(self) -> None:
        twice = (ONE, fills_and_empties(7), closes(), still(), closes(71, CLOSED))

        assert said(cls_2, *twice) == [None, "closing the pool again raised PoolClosed: closed"]

    def test_an_error_over_a_connection_that_had_broken_does_not(self) -> None:
        assert said(cls_2, ONE, fills_and_empties(7), cut(7), closes(error=CLOSED)) == []

    def test_it_may_wait_for_who_holds_a_connection_but_for_nobody_else(self) -> None:
        closing: Events = (CloseCalled(0.0, "A", 70),)

        assert said(cls_2, ONE, acquires(1, 7), closing, still(7)) == []
        alone = (ONE, acquires(1, 7), closing, releases(1))
        [broken] = said(cls_2, *alone, still())
        assert broken
        assert said(cls_2, *alone, still(certain=False)) == []
        assert said(cls_2, *alone, still(connects_held=True)) == []

    def test_in_an_outage_it_may_wait_for_the_server(self) -> None:
        closing: Events = (CloseCalled(0.0, "A", 70),)

        assert said(cls_2, ONE, fills_and_empties(7), OUTAGE, closing, still(7)) == []

    def test_while_a_release_is_under_way_it_says_nothing(self) -> None:
        releasing: Events = (ReleaseCalled(0.0, "A", 101, 1),)

        assert said(cls_2, ONE, acquires(1, 7), closes(), releasing, still(7)) == []

    def test_a_holder_whose_connection_was_cut_may_have_opened_another(self) -> None:
        assert said(cls_2, ONE, acquires(1, 7), cut(7), closes(), still(8)) == [None]

    def test_in_an_outage_it_says_nothing(self) -> None:
        assert said(cls_2, ONE, fills_and_empties(7), OUTAGE, closes(), still(7)) == []

    def test_disconnecting_is_not_closing(self) -> None:
        reopened = (acquires(1, 8), still(8))

        assert said(cls_2, ONE, fills_and_empties(7), disconnects(), still(), *reopened) == []


class TestDisconnecting:
    FULL_ONCE = (TWO, serves_who_waits(6), fills_and_empties(7, 8))

    def test_a_pool_that_can_be_filled_again_upholds_it(self) -> None:
        again = (acquires(1, 9), acquires(2, 10))

        assert said(cls_3, *self.FULL_ONCE, disconnects(), still(), *again) == [None]

    def test_a_pool_that_serves_nobody_any_more_breaks_it(self) -> None:
        assert said(cls_3, *self.FULL_ONCE, disconnects(), asks(1), fails(1, CLOSED)) == [
            (
                "after the pool was disconnected, an acquire failed with PoolClosed: closed although 0 "
                "of 2 were in use"
            )
        ]

    def test_a_dead_connection_that_is_handed_out_breaks_it(self) -> None:
        [broken] = said(cls_3, *self.FULL_ONCE, disconnects(), asks(1), gets_a_dead_one(1))
        assert broken

    def test_an_idle_connection_that_stays_open_breaks_it(self) -> None:
        assert said(cls_3, *self.FULL_ONCE, disconnects(), still(8)) == [
            "the pool was disconnected, and connection 8, which was idle, is open"
        ]

    @each("left", [(), (7,)], ids=["cut", "left"])
    def test_what_is_in_use_may_be_cut_or_left(self, left: tuple[int, ...]) -> None:
        start = (*self.FULL_ONCE, acquires(1, 7), disconnects(), still(*left))
        trouble = "" if left else "ECHO raised ConnectionError"
        again = (uses(1, trouble), releases(1), acquires(2, 9), acquires(3, 10))

        assert said(cls_3, *start, *again) == [None]

    def test_the_slot_of_what_was_in_use_must_come_back(self) -> None:
        start = (*self.FULL_ONCE, acquires(1, 7), disconnects(), releases(1))

        [broken] = said(cls_3, *start, acquires(2, 9), asks(3), fails(3))
        assert broken

    def test_an_error_breaks_it(self) -> None:
        [broken] = said(cls_3, *self.FULL_ONCE, disconnects(error=CLOSED))
        assert broken == "disconnecting the pool raised PoolClosed: closed"

    @each("end", [fails(1), gets_a_dead_one(1)], ids=["refused", "dead"])
    def test_whom_it_meets_in_the_middle_of_an_acquire_may_fail(self, end: Events) -> None:
        meanwhile: Events = (DisconnectCalled(0.0, "A", 60),)

        assert said(cls_3, *self.FULL_ONCE, asks(1), disconnects(), end) == []
        assert said(cls_3, *self.FULL_ONCE, meanwhile, asks(1), end) == []
        called, returned = disconnects()
        assert said(cls_3, *self.FULL_ONCE, (called,), asks(1), (returned,), end) == []

    def test_while_it_is_under_way_nothing_is_decided(self) -> None:
        meanwhile: Events = (DisconnectCalled(0.0, "A", 60),)

        assert said(cls_3, *self.FULL_ONCE, meanwhile, still(7, 8)) == []
        assert said(cls_3, *self.FULL_ONCE, meanwhile, asks(1), still(7, 8)) == []

    def test_who_came_in_the_middle_of_it_may_keep_the_connection(self) -> None:
        called, returned = disconnects()
        start = (*self.FULL_ONCE, (called,), acquires(1, 8), (returned,), releases(1))

        assert said(cls_3, *start, still(8)) == []

    def test_it_says_nothing_after_an_outage(self) -> None:
        assert said(cls_3, *self.FULL_ONCE, OUTAGE, disconnects(), asks(1), fails(1)) == []
