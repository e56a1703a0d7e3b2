"""Every culprit is convicted by its clause, and by no clause that is not named for it.

The sound pools that they are made from are convicted by none, so it is the sin that convicts.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest
from judging import Judged, adapter_of, judge, leaving_open_what_they_will

from culprits import ASYNC_CULPRITS, CULPRITS, SoundAsyncPool, SoundPool
from culprits.options import OptionsPool
from culprits.options_async import OptionsAsyncPool
from poolproof.conformance.search.budget import Budget, Depth
from poolproof.conformance.server import Server
from poolproof.conformance.workloads.trials import ON_FORKS
from poolproof.spec import CLAUSES, Capability

BUDGET = Budget(
    12, 8, 0.1, run_s=4, limit_s=120, depth=Depth(preemptions=1, limit_s=2, in_real_time=False)
)
BRIEF = replace(BUDGET, programs=3, depth=replace(BUDGET.depth, limit_s=1))
"""Enough for most sins. Some show only at the right line of a culprit's code, or in few programs: for
those more is tried.
"""
UNHURRIED = replace(
    BUDGET, programs=24, run_s=30, limit_s=300, depth=replace(BUDGET.depth, limit_s=120)
)
"""With time to try all schedules, however busy the machine is."""
ALL: Mapping[type[SoundPool | SoundAsyncPool], tuple[str, ...]] = {
    **CULPRITS,
    **ASYNC_CULPRITS,
}

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


@pytest.mark.parametrize("culprit", ALL, ids=lambda culprit: culprit.__name__)
def test_a_culprit_is_convicted_by_its_clause_and_by_named_ones_only(
    culprit: type[SoundPool | SoundAsyncPool], server: Server
) -> None:
    named = ALL[culprit]
    expected = {*named, *(SLOTS if SLOTS.intersection(named) else ())}
    # Forks take as long as a third of all the rest: they are for those whose sin it is.
    clauses = CLAUSES if ON_FORKS.intersection(named) else CLAUSES.keys() - ON_FORKS

    for seed, budget in enumerate((BRIEF, BUDGET, UNHURRIED, UNHURRIED, UNHURRIED)):
        convicted = set(check(culprit, server, budget, seed, clauses).violations)
        assert convicted <= expected
        if named[0] in convicted:
            return

    pytest.fail(f"nothing was found of {named[0]}")


@pytest.mark.parametrize(
    ("pool", "callers"),
    [(OptionsPool, Capability.THREADS), (OptionsAsyncPool, Capability.ASYNCIO)],
    ids=["threads", "asyncio"],
)
def test_a_sound_pool_breaks_nothing_and_leaves_no_clause_unobserved(
    pool: type[SoundPool | SoundAsyncPool], callers: Capability, server: Server
) -> None:
    findings = check(pool, server, BUDGET)

    others = {Capability.THREADS, Capability.ASYNCIO} - {callers}
    if callers is Capability.ASYNCIO:
        others.add(Capability.FORK)
    assert findings.violations == {}
    assert set(findings.observed) == {
        name for name, clause in CLAUSES.items() if clause.needs not in others
    }


def test_every_clause_has_a_culprit() -> None:
    assert {named[0] for named in ALL.values()} == set(CLAUSES)


def test_every_culprit_is_named_by_its_sin() -> None:
    assert all(culprit.__doc__ for culprit in ALL)
