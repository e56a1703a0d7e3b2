"""Releases of what has broken, and what others are kept from while it is opened again."""

from histories import (
    POOL,
    Events,
    acquires,
    asks,
    built,
    cut,
    fails,
    fills_and_empties,
    gets,
    gets_a_dead_one,
    releases,
    said,
    serves_who_waits,
    still,
)

from poolproof.spec import CLAUSES
from poolproof.spec.model.events import (
    CancelCalled,
    ReleaseCalled,
    ReleaseCancelled,
    ReleaseReturned,
)

can_4, prg_1 = CLAUSES["CAN-4"], CLAUSES["PRG-1"]

BROKEN = (built(1), serves_who_waits(7), acquires(1, 7), cut(7))
CANCELLED: Events = (ReleaseCalled(0.0, POOL, 5, 1), CancelCalled(0.0, POOL, 5, "cancel"))
BROKEN_OFF: Events = (*CANCELLED, ReleaseCancelled(0.0, POOL, 5, 1))
RETURNED: Events = (*CANCELLED, ReleaseReturned(0.0, POOL, 5, 1))

ONE_CUT = (built(2), fills_and_empties(7, 8), cut(7))


class TestCancelledRelease:
    def test_a_slot_that_is_lost_with_what_had_broken_breaks_it(self) -> None:
        *_, broken = said(can_4, *BROKEN, BROKEN_OFF, asks(2), fails(2))

        assert broken is not None
        assert broken.startswith("after the caller was cancelled who released what had broken, an ")

    def test_a_waiter_that_is_not_told_breaks_it(self) -> None:
        *_, broken = said(can_4, *BROKEN, asks(2), still(7), BROKEN_OFF, still())

        assert broken is not None
        assert broken.endswith("a caller waits although 0 of 1 connections are in use")

    def test_another_connection_in_its_place_upholds_it(self) -> None:
        assert said(can_4, *BROKEN, BROKEN_OFF, acquires(2, 8)) == [None, None]

    def test_a_slot_that_is_lost_by_a_release_that_returns_is_for_another_clause(self) -> None:
        assert said(can_4, *BROKEN, RETURNED, asks(2), fails(2)) == []

    def test_what_does_not_work_is_for_another_clause(self) -> None:
        assert said(can_4, *BROKEN, BROKEN_OFF, asks(2), gets_a_dead_one(2), releases(2)) == [None]


class TestOpenedAgain:
    def test_who_could_have_the_other_one_and_waits_breaks_it(self) -> None:
        held = still(8, connecting=[1], connects_held=True)

        [upheld, broken] = said(prg_1, *ONE_CUT, asks(1), held, asks(2), held)

        assert upheld is None
        assert broken == (
            "while the server lets nobody connect, a caller waits although connection 8 is idle"
        )

    def test_who_has_the_other_one_upholds_it(self) -> None:
        held = still(8, connecting=[1], connects_held=True)

        assert said(prg_1, *ONE_CUT, asks(1), held, asks(2), gets(2, 8), held) == [None, None]

    def test_a_pool_that_opens_both_again_upholds_it(self) -> None:
        held = still(8, connecting=[1, 2], connects_held=True)

        assert said(prg_1, *ONE_CUT, asks(1), asks(2), held) == [None]

    def test_who_waits_when_everybody_may_connect_is_for_another_clause(self) -> None:
        assert said(prg_1, *ONE_CUT, asks(1), still(8)) == []
