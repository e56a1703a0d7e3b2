"""What a pool makes of a slot whose connection nobody will ever release, and what it must not."""

import pytest
from histories import (
    EXHAUSTED,
    Events,
    acquires,
    asks,
    built,
    fails,
    fills_and_empties,
    forgets,
    gets,
    joined,
    releases,
    said,
    serves_who_waits,
    still,
)

from poolproof.spec import CLAUSES

START = joined([built(2), fills_and_empties(7, 8)])
SHOWN = joined([built(1), serves_who_waits(7)])
ONE_FORGOTTEN = joined([START, acquires(1, 7), acquires(2, 8), forgets(1)])


def convicted(*parts: Events) -> set[str]:
    return {
        name
        for name, clause in CLAUSES.items()
        if any(broken is not None for broken in said(clause, *parts))
    }


@pytest.mark.parametrize(
    "then",
    [
        joined([asks(3), fails(3, EXHAUSTED, after_s=1.0)]),
        joined([asks(3), still(7, 8), releases(2), gets(3, 8)]),
        joined([acquires(3, 7), releases(3), acquires(4, 7)]),
        joined([acquires(3, 9), still(8, 9), releases(2), acquires(4, 8)]),
        joined([asks(3), still(7, 8), acquires(4, 9), releases(2), gets(3, 8)]),
        joined([releases(2), forgets(2), asks(4), fails(4, EXHAUSTED, after_s=1.0)]),
    ],
    ids=[
        "never has the slot back",
        "serves who waits from another",
        "lends the same connection again",
        "opens another in its place",
        "notices it when somebody else comes",
        "has none left",
    ],
)
def test_whatever_becomes_of_the_slot_convicts_nobody(then: Events) -> None:
    assert convicted(ONE_FORGOTTEN, then) == set()


def test_a_connection_that_stays_open_counts() -> None:
    broken = convicted(ONE_FORGOTTEN, acquires(3, 9), still(7, 8, 9))

    assert broken == {"BND-1"}


def test_what_is_lent_again_has_one_holder() -> None:
    assert "RET-2" in convicted(ONE_FORGOTTEN, acquires(3, 7), releases(2), acquires(4, 7))


def test_more_callers_than_slots_are_too_many() -> None:
    served = joined([acquires(3, 9), acquires(4, 10)])

    assert "BND-1" in convicted(ONE_FORGOTTEN, served)


@pytest.mark.parametrize("shown", [True, False])
def test_the_other_slots_serve_as_before(shown: bool) -> None:
    other = (
        joined([built(2, pool="B"), acquires(91, 21, pool="B"), acquires(92, 22, pool="B")])
        if shown
        else ()
    )
    refused = joined([releases(2), asks(3), fails(3)])

    assert convicted(other, ONE_FORGOTTEN, refused) == {"BND-3"}


def test_who_waits_is_served_by_a_release_as_before() -> None:
    waits = joined([asks(3), still(7, 8), releases(2), still(7, 8)])

    assert convicted(START, serves_who_waits_beside(8), waits) == {"BND-3"}


def serves_who_waits_beside(other: int) -> Events:
    """Both slots are used, and who waits for one of them is served; then one is forgotten."""
    return joined(
        [
            *(acquires(90, 7), acquires(91, other), asks(92), still(7, other)),
            *(releases(91), gets(92, other), releases(92), releases(90)),
            *(acquires(1, other), acquires(2, 7), forgets(1)),
        ]
    )
