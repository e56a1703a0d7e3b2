"""The clauses of fork, on histories written by hand."""

from collections.abc import Sequence

import histories
import pytest

from poolproof.spec import Clause
from poolproof.spec.clauses.fork import a_child_may_release_what_it_inherited as frk_3
from poolproof.spec.clauses.fork import a_child_starts_with_an_empty_pool as frk_1
from poolproof.spec.clauses.fork import a_fork_in_the_middle_of_a_call_locks_nobody_out as frk_2
from poolproof.spec.model.events import (
    AcquiredAfterFork,
    Event,
    Forked,
    ReleasedAfterFork,
    UsedAfterFork,
)

IN_USE, IDLE, OWN, ANOTHER = 1, 2, 3, 4

FORK = Forked(0, 2, IN_USE, IDLE)
FORK_INSIDE = Forked(0, 2, IN_USE, None, "a/pool.py:7 Pool.acquire")
RELEASES_INHERITED = ReleasedAfterFork(1, IN_USE, inherited=True)
HANGS = "had not returned after 6 s"


def said(clause: Clause, *events: Event) -> Sequence[str | None]:
    return histories.said(clause, events)


def child_gets(connection: int) -> Event:
    return AcquiredAfterFork(2, "child", connection)


def child_fails(trouble: str = "raised Full", *, surplus: bool = False) -> Event:
    return AcquiredAfterFork(2, "child", None, trouble, surplus)


def parent_gets(connection: int | None, trouble: str = "") -> Event:
    return AcquiredAfterFork(4, "parent", connection, trouble)


def parent_uses(trouble: str = "") -> Event:
    return UsedAfterFork(3, IN_USE, trouble)


ALL_WELL: tuple[Event, ...] = (
    child_gets(OWN),
    child_gets(ANOTHER),
    parent_uses(),
    parent_gets(IDLE),
)


def test_a_child_with_connections_of_its_own_and_an_unharmed_parent_uphold_what_they_show() -> None:
    assert said(frk_1, FORK, *ALL_WELL) == [None, None, None]
    assert said(frk_2, FORK, *ALL_WELL) == [None]
    assert said(frk_3, FORK, *ALL_WELL) == []


def test_with_another_thread_inside_a_child_that_gets_in_upholds_both() -> None:
    assert said(frk_1, FORK_INSIDE, *ALL_WELL) == [None, None, None]
    assert said(frk_2, FORK_INSIDE, *ALL_WELL) == [None, None, None]


@pytest.mark.parametrize("parents", [IN_USE, IDLE])
def test_a_child_that_is_handed_its_parents_connection_breaks_frk_1(parents: int) -> None:
    [broken] = said(frk_1, FORK, child_gets(parents))

    assert broken == f"the child was handed connection {parents}, which is its parent's"


def test_a_child_that_cannot_have_all_connections_breaks_frk_1_only() -> None:
    events: Sequence[Event] = (FORK, child_gets(OWN), child_fails())

    assert said(frk_1, *events) == [
        None,
        "the child may have 2 connections and holds 1 of its own, and its acquire raised Full",
    ]
    assert said(frk_2, *events) == []


def test_what_the_child_has_released_it_does_not_hold_any_more() -> None:
    released = ReleasedAfterFork(2, OWN, inherited=False)

    [_, broken] = said(frk_1, FORK, child_gets(OWN), released, child_fails())

    assert broken is not None
    assert broken.startswith("the child may have 2 connections and holds 0 of its own")


def test_a_child_that_ends_its_parents_connection_breaks_frk_1() -> None:
    [broken] = said(frk_1, FORK, parent_uses("raised ConnectionError"))

    assert broken is not None
    assert "for its holder in the parent: raised ConnectionError" in broken


@pytest.mark.parametrize("trouble", [HANGS, "raised ChildDeadlockedError"])
def test_a_child_that_is_locked_out_breaks_frk_2_only(trouble: str) -> None:
    events = (FORK_INSIDE, child_fails(trouble))

    assert said(frk_1, *events) == []
    [broken] = said(frk_2, *events)
    assert broken is not None
    assert broken.endswith(f"its acquire {trouble}")


def test_a_child_that_is_locked_out_of_releasing_breaks_frk_2() -> None:
    stuck = ReleasedAfterFork(2, OWN, inherited=False, trouble=HANGS)

    [fine, broken] = said(frk_2, FORK_INSIDE, child_gets(OWN), stuck)

    assert fine is None
    assert broken is not None
    assert broken.startswith(f"another thread stood at {FORK_INSIDE.bystander_at} when")
    assert broken.endswith(f"its release {HANGS}")


def test_a_parent_that_cannot_go_on_breaks_frk_2_only() -> None:
    events: Sequence[Event] = (FORK, parent_gets(None, HANGS))

    assert said(frk_2, *events) == [f"the parent's acquire {HANGS}"]
    assert said(frk_1, *events) == []


def test_a_release_of_what_was_inherited_that_raises_breaks_frk_3_only() -> None:
    events: Sequence[Event] = (
        FORK,
        ReleasedAfterFork(1, IN_USE, inherited=True, trouble="raised Full"),
    )

    assert said(frk_3, *events) == ["the child's release of what it inherited raised Full"]
    assert said(frk_1, *events) == said(frk_2, *events) == []


@pytest.mark.parametrize(
    "harm",
    [
        child_gets(IN_USE),
        child_fails(),
        AcquiredAfterFork(2, "child", 5, surplus=True),
        parent_uses("raised ConnectionError"),
        parent_gets(None, HANGS),
    ],
)
def test_what_goes_wrong_once_the_child_has_released_what_it_inherited_is_up_to_frk_3(
    harm: Event,
) -> None:
    events: Sequence[Event] = (FORK, RELEASES_INHERITED, harm)

    [fine, broken] = said(frk_3, *events)

    assert fine is None
    assert broken is not None
    assert said(frk_1, *events) == said(frk_2, *events) == []


def test_a_child_that_is_handed_what_was_idle_anyway_does_not_break_frk_3() -> None:
    assert said(frk_3, FORK, RELEASES_INHERITED, child_gets(IDLE)) == [None]


def test_to_be_denied_more_than_max_connections_upholds_frk_3() -> None:
    events: Sequence[Event] = (FORK, RELEASES_INHERITED, child_gets(OWN), child_gets(ANOTHER))

    assert said(frk_3, *events, child_fails(surplus=True)) == [None] * 4


def test_each_fork_is_judged_by_itself() -> None:
    again = Forked(9, 2, 7, 8)

    assert said(frk_1, FORK, RELEASES_INHERITED, again, child_gets(IN_USE)) == [None]
