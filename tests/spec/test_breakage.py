"""The clauses of breakage, on histories written by hand: what breaks them, what does not, and where
they say nothing.
"""

import pytest
from histories import (
    EXHAUSTED,
    OUTAGE,
    OVER,
    REFUSED,
    Events,
    acquires,
    asks,
    built,
    bytes_arrive,
    commands,
    cut,
    disconnects,
    drops,
    fails,
    fills_and_empties,
    gets_a_dead_one,
    gets_a_foreign_reply,
    is_interrupted,
    joined,
    leaves_unread,
    releases,
    said,
    serves_who_waits,
    still,
    uses,
)

from poolproof.spec import Clause
from poolproof.spec.clauses.breakage import (
    a_connection_closed_while_idle_is_not_handed_out as brk_1,
)
from poolproof.spec.clauses.breakage import a_connection_that_breaks_in_use_costs_no_slot as brk_3
from poolproof.spec.clauses.breakage import a_failed_connect_is_told_and_costs_no_slot as brk_4
from poolproof.spec.clauses.breakage import a_pool_outlives_an_outage as brk_5
from poolproof.spec.clauses.breakage import an_interrupted_command_leaves_no_reply_behind as brk_6
from poolproof.spec.clauses.breakage import what_nobody_has_read_reaches_no_other_caller as brk_2
from poolproof.spec.model.events import Error, Overdue, PoolBuilt, PoolConfig

ONE = built(1)
TWO = built(2)
GENERIC = Error("redis.exceptions.ConnectionError", "no", is_connection_error=True, is_generic=True)
OVERDUE: Events = (Overdue(0.0, "A", 3, 5.0),)
BROKEN = "ECHO raised ConnectionError"

each = pytest.mark.parametrize


class TestIdleCut:
    def test_a_dead_connection_that_is_handed_out_breaks_it(self) -> None:
        assert said(brk_1, ONE, fills_and_empties(7), cut(7), asks(1), gets_a_dead_one(1)) == [
            (
                "after an idle connection had broken, an acquire returned a connection that "
                "does not work (CLIENT ID raised ConnectionError)"
            )
        ]

    def test_an_error_instead_of_a_connection_breaks_it(self) -> None:
        [broken] = said(brk_1, ONE, fills_and_empties(7), cut(7), asks(1), fails(1))

        assert broken == (
            "after an idle connection had broken, an acquire failed with "
            "ConnectionError: refused although 0 of 1 were in use"
        )

    def test_a_new_connection_in_its_place_upholds_it(self) -> None:
        assert said(brk_1, ONE, fills_and_empties(7), cut(7), acquires(1, 8)) == [None]

    def test_it_is_upheld_only_when_every_slot_was_used_so_that_the_dead_one_was_met(self) -> None:
        once = (TWO, fills_and_empties(7, 8), cut(7), acquires(1, 8))

        assert said(brk_1, *once) == []
        assert said(brk_1, *once, acquires(2, 9)) == [None]

    @each(
        "meanwhile",
        [OUTAGE, leaves_unread(81), drops(81), disconnects(), cut(8)],
        ids=["outage", "unread", "dropped", "disconnected", "cut in use"],
    )
    def test_it_says_nothing_if_something_else_may_be_to_blame(self, meanwhile: Events) -> None:
        # Of two connections, one is idle and cut; the other is in use.
        start = (TWO, acquires(81, 8), acquires(82, 7), releases(82), cut(7), meanwhile)

        assert said(brk_1, *start, asks(1), gets_a_dead_one(1)) == []

    def test_it_says_nothing_of_what_no_socket_shows(self) -> None:
        dead = (asks(1), gets_a_dead_one(1))

        assert said(brk_1, ONE, fills_and_empties(7), cut(7, visible=False), *dead) == []

    def test_it_says_nothing_if_somebody_may_just_have_been_given_the_connection(self) -> None:
        dead = gets_a_dead_one(1)

        assert said(brk_1, ONE, fills_and_empties(7), asks(1), cut(7), dead) == []

    def test_it_says_nothing_of_a_slot_that_could_never_be_used(self) -> None:
        start = (TWO, acquires(1, 7), releases(1), cut(7))

        assert said(brk_1, *start, acquires(2, 8), asks(3), fails(3)) == []

    def test_it_says_nothing_of_an_acquire_whose_socket_timeout_is_short(self) -> None:
        brief: Events = (PoolBuilt(0.0, "A", PoolConfig(1, 1.0, socket_timeout_s=0.03)),)

        assert said(brk_1, brief, fills_and_empties(7), cut(7), asks(1), gets_a_dead_one(1)) == []


class TestUnread:
    LEFT = (ONE, acquires(1, 7), leaves_unread(1))

    def test_a_caller_who_is_given_what_another_left_breaks_it(self) -> None:
        stale = (asks(2), gets_a_foreign_reply(2))

        assert said(brk_2, *self.LEFT, bytes_arrive(7), releases(1), *stale) == [
            (
                "bytes that nobody had read were on a connection before it was handed out, and the "
                "caller who acquired it next was given them (CLIENT ID was answered with 'stale')"
            )
        ]

    def test_a_reply_that_came_while_the_connection_was_idle_breaks_it_too(self) -> None:
        stale = (asks(2), gets_a_foreign_reply(2))

        assert len(said(brk_2, *self.LEFT, releases(1), bytes_arrive(7), *stale)) == 1

    def test_bytes_that_nobody_asked_for_count_too(self) -> None:
        stale = (asks(2), gets_a_foreign_reply(2))

        [broken] = said(brk_2, ONE, fills_and_empties(7), bytes_arrive(7), *stale)
        assert broken

    def test_a_command_that_returns_them_breaks_it(self) -> None:
        start = (*self.LEFT, bytes_arrive(7), releases(1))

        [broken] = said(brk_2, *start, commands(2, foreign="'stale'"))
        assert broken
        assert "a later command was given a reply that was not its own ('stale')" in broken

    @each("connection", [7, 8], ids=["emptied", "replaced"])
    def test_a_connection_that_was_emptied_or_replaced_upholds_it(self, connection: int) -> None:
        start = (*self.LEFT, bytes_arrive(7), releases(1))

        assert said(brk_2, *start, acquires(2, connection)) == [None]

    def test_a_reply_that_is_still_to_come_is_not_judged(self) -> None:
        assert said(brk_2, *self.LEFT, releases(1), asks(2), gets_a_foreign_reply(2)) == []

    def test_a_reply_that_comes_while_the_connection_is_handed_out_is_not_judged(self) -> None:
        racing = (asks(2), bytes_arrive(7), gets_a_foreign_reply(2))

        assert said(brk_2, *self.LEFT, releases(1), *racing) == []

    def test_another_reply_that_is_to_come_leaves_it_undecided_until_its_connection_is_closed(
        self,
    ) -> None:
        start = (
            *(TWO, acquires(1, 7), acquires(2, 8), leaves_unread(1), leaves_unread(2)),
            *(bytes_arrive(7), releases(1), releases(2)),
        )
        stale = (asks(3), gets_a_foreign_reply(3))

        assert said(brk_2, *start, still(7, 8), *stale) == []
        assert len(said(brk_2, *start, still(7), *stale)) == 1

    def test_what_comes_late_because_the_server_was_silent_breaks_it_just_so(self) -> None:
        silent = (*OUTAGE, *cut(7, visible=False))
        start = (ONE, acquires(1, 7), silent, leaves_unread(1), releases(1), OVER)
        stale = (asks(2), gets_a_foreign_reply(2))

        assert said(brk_2, *start, *stale) == []
        assert len(said(brk_2, *start, bytes_arrive(7), *stale)) == 1
        assert said(brk_2, *start, bytes_arrive(7), acquires(2, 8)) == [None]

    def test_a_connection_that_is_merely_dead_is_not_judged(self) -> None:
        start = (*self.LEFT, bytes_arrive(7), releases(1))

        assert said(brk_2, *start, asks(2), gets_a_dead_one(2)) == []

    def test_it_says_nothing_after_a_cut(self) -> None:
        start = (*self.LEFT, bytes_arrive(7), cut(7), releases(1))

        assert said(brk_2, *start, asks(2), gets_a_foreign_reply(2)) == []


class TestCutInUse:
    HELD = (ONE, acquires(1, 7), cut(7), uses(1, BROKEN))

    def test_a_slot_that_does_not_come_back_breaks_it(self) -> None:
        [broken] = said(brk_3, *self.HELD, releases(1), asks(2), fails(2, EXHAUSTED))

        assert broken == (
            "after a connection had broken while it was in use, an acquire failed with "
            "PoolTimeout: exhausted although 0 of 1 were in use"
        )

    def test_a_holder_who_closes_what_has_broken_changes_nothing(self) -> None:
        gone = (drops(1), releases(1), asks(2), fails(2))

        assert len(said(brk_3, *self.HELD, *gone)) == 1

    def test_the_broken_connection_in_the_hands_of_who_waited_breaks_it(self) -> None:
        waiter = (asks(2), still(), releases(1), gets_a_dead_one(2))

        [broken] = said(brk_3, *self.HELD, *waiter)
        assert broken

    def test_a_waiter_who_is_not_told_breaks_it_if_the_pool_tells_waiters_otherwise(self) -> None:
        forgotten = (asks(2), still(), releases(1), still())

        [broken] = said(brk_3, ONE, serves_who_waits(6), *self.HELD[1:], *forgotten)
        assert broken
        assert broken.endswith("a caller waits although 0 of 1 connections are in use")
        assert said(brk_3, *self.HELD, *forgotten) == []

    def test_a_new_connection_upholds_it(self) -> None:
        assert said(brk_3, *self.HELD, releases(1), acquires(2, 8)) == [None]

    def test_it_is_upheld_only_once_the_broken_connection_was_released(self) -> None:
        start = (TWO, acquires(1, 7), cut(7), acquires(2, 8))

        assert said(brk_3, *start) == []
        assert said(brk_3, *start, releases(1), acquires(3, 9)) == [None]

    @each(
        "meanwhile",
        [OUTAGE, disconnects(), cut(7, visible=False), is_interrupted(5)],
        ids=["outage", "disconnected", "unseen", "interrupted"],
    )
    def test_it_says_nothing_if_something_else_may_be_to_blame(self, meanwhile: Events) -> None:
        assert said(brk_3, *self.HELD, meanwhile, releases(1), asks(2), fails(2)) == []


VAIN = joined(
    [
        *(built(1, pool="B"), acquires(31, 5, "B"), asks(32, "B")),
        *(fails(32, EXHAUSTED, after_s=1.0, pool="B"), releases(31, "B")),
    ]
)
"""Another pool like it shows what the error of an exhausted pool is."""


class TestFailedConnect:
    FULL_ONCE = (ONE, serves_who_waits(7), OUTAGE)

    def test_the_error_of_an_exhausted_pool_breaks_it(self) -> None:
        refused = (OUTAGE, asks(1), fails(1, EXHAUSTED))

        assert said(brk_4, VAIN, ONE, *refused) == [
            (
                "while nobody could connect, and 0 of 1 were in use, an acquire failed with "
                "PoolTimeout: exhausted, which is how it fails when all are"
            )
        ]

    def test_it_does_so_too_if_the_pool_was_built_in_the_outage(self) -> None:
        assert len(said(brk_4, VAIN, OUTAGE, ONE, asks(1), fails(1, EXHAUSTED))) == 1

    def test_the_error_of_the_connection_does_not(self) -> None:
        assert said(brk_4, VAIN, ONE, OUTAGE, asks(1), fails(1, REFUSED)) == []

    def test_the_same_error_is_right_if_the_pool_is_exhausted(self) -> None:
        full = (acquires(1, 7), OUTAGE, asks(2), fails(2, EXHAUSTED))

        assert said(brk_4, VAIN, ONE, *full) == []

    def test_nothing_is_said_if_the_error_of_an_exhausted_pool_is_not_known(self) -> None:
        assert said(brk_4, ONE, OUTAGE, asks(1), fails(1, EXHAUSTED)) == []

    def test_a_slot_that_does_not_come_back_breaks_it_at_the_second_attempt(self) -> None:
        refused = (*self.FULL_ONCE, asks(1), fails(1), OVER)
        first, second = (asks(2), fails(2)), (asks(3), fails(3))

        assert said(brk_4, *refused, *first) == []
        [broken] = said(brk_4, *refused, *first, *second)
        assert broken == (
            "after an outage, 2 acquires failed, more than the pool has connections; at last, an "
            "acquire failed with ConnectionError: refused although 0 of 1 were in use"
        )

    def test_a_slot_that_comes_back_upholds_it(self) -> None:
        assert said(brk_4, *self.FULL_ONCE, asks(1), fails(1), OVER, acquires(2, 8)) == [None]

    def test_a_waiter_who_is_not_told_of_the_slot_breaks_it(self) -> None:
        refused = (
            *(ONE, serves_who_waits(7), asks(1), still(connecting=[1], connects_held=True)),
            *(asks(2), still(connecting=[1], connects_held=True), OUTAGE, fails(1)),
        )

        assert said(brk_4, *refused, still()) == []
        [broken] = said(brk_4, *refused, still(), OVER, still())
        assert broken
        assert "a caller waits although 0 of 1" in broken

    def test_a_waiter_who_is_told_and_fails_too_does_not(self) -> None:
        refused = (
            *(ONE, serves_who_waits(7), asks(1), still(connecting=[1], connects_held=True)),
            *(asks(2), still(connecting=[1], connects_held=True), OUTAGE, fails(1), fails(2)),
        )

        assert said(brk_4, *refused, OVER, still(), acquires(3, 8)) == [None]

    def test_what_fails_during_the_outage_is_not_counted(self) -> None:
        tries = joined([(*asks(call), *fails(call)) for call in range(1, 9)])

        assert said(brk_4, *self.FULL_ONCE, tries) == []

    def test_an_acquire_that_began_in_the_outage_is_not_counted(self) -> None:
        slow = (asks(1), OVER, fails(1), asks(2), fails(2))

        assert said(brk_4, *self.FULL_ONCE, *slow) == []

    def test_an_acquire_that_the_outage_comes_upon_is_not_counted(self) -> None:
        slow = (ONE, serves_who_waits(7), asks(1), OUTAGE, OVER, fails(1), asks(2), fails(2))

        assert said(brk_4, *slow) == []

    def test_after_the_outage_it_is_judged_by_what_callers_get_only(self) -> None:
        assert said(brk_4, VAIN, ONE, OUTAGE, OVER, asks(1), fails(1, EXHAUSTED)) == []

    def test_an_error_that_is_raised_for_everything_says_nothing(self) -> None:
        refused = (OUTAGE, asks(1), fails(1, GENERIC))
        vain = (asks(32, "B"), fails(32, GENERIC, after_s=1.0, pool="B"))

        assert said(brk_4, built(1, pool="B"), acquires(31, 5, "B"), *vain, ONE, *refused) == []

    def test_a_waiter_who_is_never_told_of_anything_is_not_judged(self) -> None:
        deaf = (ONE, fills_and_empties(7), asks(1), still(connecting=[1], connects_held=True))

        assert said(brk_4, *deaf, asks(2), OUTAGE, fails(1), OVER, still()) == []

    def test_a_pool_that_is_built_in_an_outage_owes_nothing_either(self) -> None:
        assert said(brk_4, OUTAGE, ONE, asks(1), fails(1), asks(2), fails(2)) == []

    def test_where_connections_were_cut_it_leaves_the_recovery_to_brk_5(self) -> None:
        cuts = (ONE, serves_who_waits(7), cut(7), OUTAGE, asks(1), fails(1), OVER)
        tries = joined([(*asks(call), *fails(call)) for call in range(2, 5)])

        assert said(brk_4, *cuts, tries) == []
        assert len(said(brk_5, *cuts, tries)) == 2


class TestRecovery:
    RESTART = (
        *(TWO, fills_and_empties(7, 8), acquires(1, 7), cut(7), cut(8), OUTAGE),
        *(uses(1, BROKEN), releases(1), asks(2), fails(2), OVER),
    )

    def test_a_pool_that_serves_everybody_again_upholds_it(self) -> None:
        assert said(brk_5, *self.RESTART, acquires(3, 9), acquires(4, 10)) == [None]

    def test_a_holder_whom_the_server_did_not_answer_changes_nothing(self) -> None:
        start = (TWO, fills_and_empties(7, 8), acquires(1, 7), cut(8), OUTAGE, uses(1, BROKEN))

        assert said(brk_5, *start, releases(1), OVER, acquires(3, 9), acquires(4, 7)) == [None]

    def test_one_failed_acquire_for_each_connection_is_allowed(self) -> None:
        dead = (asks(3), gets_a_dead_one(3), drops(3), releases(3))
        late = (asks(4), fails(4))

        assert said(brk_5, *self.RESTART, *dead, *late, acquires(5, 9), acquires(6, 10)) == [None]

    def test_one_more_breaks_it(self) -> None:
        tries = joined([(*asks(call), *fails(call)) for call in (3, 4)])

        [broken] = said(brk_5, *self.RESTART, tries, asks(5), fails(5, EXHAUSTED))
        assert broken
        assert "3 acquires failed, more than the pool has connections" in broken

    def test_a_slot_that_is_lost_for_good_breaks_it_in_the_end(self) -> None:
        lost = joined([acquires(3, 9), *((*asks(call), *fails(call)) for call in (4, 5, 6))])

        [broken] = said(brk_5, *self.RESTART, lost)
        assert broken

    def test_an_acquire_that_never_returns_breaks_it_at_once(self) -> None:
        [broken] = said(brk_5, *self.RESTART, asks(3), OVERDUE)
        assert broken == (
            "after an outage, an acquire had not returned after 5 s although 0 of 2 were in use"
        )

    def test_who_asks_a_connection_through_which_nothing_comes_may_wait_for_long(self) -> None:
        start = (TWO, fills_and_empties(7, 8), cut(7, visible=False), OUTAGE, OVER)

        assert said(brk_5, *start, asks(3), OVERDUE) == []

    def test_where_no_connection_was_cut_it_says_nothing(self) -> None:
        start = (TWO, fills_and_empties(7, 8), OUTAGE, OVER)

        assert said(brk_5, *start, acquires(3, 7), acquires(4, 8)) == []

    def test_each_outage_has_failures_of_its_own(self) -> None:
        tries = [
            joined([(*asks(call), *fails(call)) for call in calls]) for calls in ((3, 4), (5,))
        ]

        assert said(brk_5, *self.RESTART, tries[0], OUTAGE, OVER, tries[1]) == []

    def test_it_says_nothing_of_a_pool_whose_slots_could_never_be_used(self) -> None:
        start = (TWO, acquires(1, 7), releases(1), cut(7), OUTAGE, OVER)
        tries = joined([(*asks(call), *fails(call)) for call in (3, 4, 5)])

        assert said(brk_5, *start, tries) == []

    @each("meanwhile", [disconnects(), is_interrupted(9)], ids=["disconnected", "interrupted"])
    def test_it_says_nothing_if_something_else_may_be_to_blame(self, meanwhile: Events) -> None:
        tries = joined([(*asks(call), *fails(call)) for call in (3, 4, 5)])

        assert said(brk_5, *self.RESTART, meanwhile, tries) == []


class TestInterruptedCommand:
    def test_its_reply_in_the_hands_of_a_later_command_breaks_it(self) -> None:
        assert said(brk_6, ONE, is_interrupted(1), commands(2, foreign="'one'")) == [
            (
                "after a command had been interrupted while its reply was outstanding, a later command "
                "was given a reply that was not its own ('one')"
            )
        ]

    def test_its_reply_in_the_hands_of_a_later_holder_breaks_it(self) -> None:
        [broken] = said(brk_6, ONE, is_interrupted(1), asks(2), gets_a_foreign_reply(2))
        assert broken

    def test_a_command_that_gets_its_own_reply_over_the_only_slot_upholds_it(self) -> None:
        assert said(brk_6, ONE, is_interrupted(1), commands(2)) == [None]

    def test_of_two_slots_the_other_may_have_been_used(self) -> None:
        start = (TWO, is_interrupted(1), commands(2))

        assert said(brk_6, *start) == []
        assert said(brk_6, *start, acquires(3, 7), acquires(4, 8)) == [None]

    def test_it_says_nothing_if_no_reply_was_outstanding(self) -> None:
        start = (ONE, is_interrupted(1, outstanding=False))

        assert said(brk_6, *start, commands(2, foreign="'one'")) == []

    @each("meanwhile", [OUTAGE, cut(7), leaves_unread(7)], ids=["outage", "cut", "unread"])
    def test_it_says_nothing_if_something_else_may_be_to_blame(self, meanwhile: Events) -> None:
        start = (TWO, acquires(7, 7), is_interrupted(1), meanwhile)

        assert said(brk_6, *start, commands(2, foreign="'one'")) == []


@each("clause", [brk_1, brk_2, brk_3, brk_4, brk_5, brk_6], ids=lambda clause: clause.id)
def test_on_a_quiet_day_a_clause_of_breakage_says_nothing(clause: Clause) -> None:
    quiet = (TWO, fills_and_empties(7, 8), acquires(1, 7), asks(2), fails(2), asks(3))

    assert said(clause, *quiet, gets_a_dead_one(3), still(7, 8)) == []
