"""The checker counts what each clause had to judge, and keeps the shortest history that breaks it."""

import pytest
from histories import Events, acquires, built, releases

from poolproof.conformance.checker import Checker

TWO_IDLE: Events = acquires(1, 1) + acquires(2, 2) + releases(1) + releases(2)
LAST_IN_FIRST_OUT: Events = built(2) + TWO_IDLE + acquires(3, 2) + acquires(4, 1)
LATER: Events = built(2) + acquires(9, 1) + releases(9) + LAST_IN_FIRST_OUT[1:]
AS_IT_SHOULD: Events = built(2) + TWO_IDLE + acquires(3, 1) + acquires(4, 2)


def checker() -> Checker:
    return Checker(["ORD-1", "TMO-2"])


def test_what_upholds_a_clause_is_counted() -> None:
    judge = checker()

    assert judge.judge(AS_IT_SHOULD) == []
    assert (judge.observed, judge.violations, judge.programs) == ({"ORD-1": 1}, {}, 1)


@pytest.mark.parametrize("histories", [(LATER, LAST_IN_FIRST_OUT), (LAST_IN_FIRST_OUT, LATER)])
def test_the_shortest_history_is_kept_until_the_clause_is_closed(
    histories: tuple[Events, Events],
) -> None:
    judge = checker()

    for events in histories:
        [violation] = judge.judge(events, seed=7, is_final=False)
        assert (violation.clause, violation.seed) == ("ORD-1", 7)

    assert judge.is_open("ORD-1")
    assert len(judge.violations["ORD-1"].events) == len(LAST_IN_FIRST_OUT)


def test_a_final_history_closes_the_clauses_that_it_breaks() -> None:
    judge = checker()

    [first] = judge.judge(LATER)

    assert judge.is_closed("ORD-1")
    assert not judge.is_closed("TMO-2")
    assert not judge.is_done
    assert judge.judge(LAST_IN_FIRST_OUT) == []
    assert judge.violations == {"ORD-1": first}
    assert not judge.breaks_an_open_clause(LAST_IN_FIRST_OUT)


def test_nothing_is_left_to_find_when_all_that_is_judged_is_closed() -> None:
    judge = checker()

    judge.close("ORD-1")
    judge.close("TMO-2")

    assert judge.is_done


def test_to_ask_whether_a_history_breaks_a_clause_counts_nothing() -> None:
    judge = checker()

    assert judge.breaks_an_open_clause(LAST_IN_FIRST_OUT)
    assert judge.violation_of("ORD-1", LAST_IN_FIRST_OUT) is not None
    assert judge.violation_of("ORD-1", AS_IT_SHOULD) is None
    assert (judge.observed, judge.violations, judge.programs) == ({}, {}, 0)


def test_a_clause_that_is_not_judged_is_not_open() -> None:
    assert not checker().is_open("BND-1")
