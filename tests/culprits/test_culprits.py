"""Every culprit is convicted by its clause, and by no clause that is not named for it.

The sound pools that they are made from are convicted by none, as `test_no_false_alarms` shows, so it is
the sin that convicts.
"""

from collections.abc import Collection
from dataclasses import replace

import pytest
from judging import Judged, adapter_of, judge, leaving_open_what_they_will

from culprits import CULPRITS, SoundAsyncPool, SoundPool
from poolproof.conformance.search.budget import Budget, Depth
from poolproof.conformance.server import Server
from poolproof.conformance.workloads.written import ON_FORKS
from poolproof.spec import CLAUSES

GLANCE = Budget(
    2, 8, 0.1, run_s=4, limit_s=120, depth=Depth(preemptions=1, limit_s=0.5, in_real_time=False)
)
"""Enough to see every clause at work, so that one convicts that is not named."""
BUDGET = replace(GLANCE, programs=12, depth=replace(GLANCE.depth, limit_s=2))
UNHURRIED = replace(
    BUDGET, programs=24, run_s=30, limit_s=300, depth=replace(BUDGET.depth, limit_s=120)
)
"""With time to try all schedules, however busy the machine is."""

QUICK = {
    (named[0].partition("-")[0], issubclass(culprit, SoundAsyncPool)): culprit
    for culprit, named in CULPRITS.items()
}.values()
"""One culprit of each chapter, for threads and for asyncio: `make quick-test` judges no others."""

SLOTS = {"BND-3", "BRK-3", "BRK-4", "BRK-5", "CLS-3"}
"""What a pool breaks that loses slots: each asks for all of them after something else has happened, and
which of these a search comes upon is left to the draw."""


def check(
    pool: type[SoundPool | SoundAsyncPool],
    server: Server,
    budget: Budget,
    seed: int = 0,
    clauses: Collection[str] = CLAUSES,
) -> Judged:
    with leaving_open_what_they_will():
        return judge(adapter_of(pool), server, budget, seed, clauses=clauses)


@pytest.mark.parametrize(
    "culprit",
    [
        pytest.param(
            culprit, id=culprit.__name__, marks=() if culprit in QUICK else pytest.mark.thorough
        )
        for culprit in CULPRITS
    ],
)
def test_a_culprit_is_convicted_by_its_clause_and_by_named_ones_only(
    culprit: type[SoundPool | SoundAsyncPool], server: Server
) -> None:
    named = CULPRITS[culprit]
    expected = {*named, *(SLOTS if SLOTS.intersection(named) else ())}
    # Forks take as long as a third of all the rest: they are for those whose sin it is.
    clauses = CLAUSES if ON_FORKS.intersection(named) else CLAUSES.keys() - ON_FORKS

    convicted = set(check(culprit, server, GLANCE, clauses=clauses).violations)
    assert convicted <= expected
    # What shows only at the right line of a culprit's code, or in few programs, is then looked for by
    # itself: a check is over when all its clauses are broken.
    for seed, budget in enumerate((BUDGET, UNHURRIED, UNHURRIED, UNHURRIED)):
        if named[0] in convicted:
            return
        convicted = set(check(culprit, server, budget, seed, [named[0]]).violations)

    assert named[0] in convicted


def test_every_clause_has_a_culprit() -> None:
    assert {named[0] for named in CULPRITS.values()} == set(CLAUSES)


def test_every_culprit_is_named_by_its_sin() -> None:
    assert all(culprit.__doc__ for culprit in CULPRITS)
