"""A pool that keeps its promises is never convicted, whatever its style and whatever the machine does.

A false alarm is the worst bug that this project can have.
"""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from busy import busy_machine
from culprits.options import OptionsPool
from culprits.options_async import OptionsAsyncPool
from judging import Judged, adapter_of, judge, name_of
from sound import EVERY_SOUND_POOL

from poolproof import reference_pool
from poolproof.conformance.search.budget import Budget, Depth
from poolproof.conformance.server import Server
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec import CLAUSES, Capability

BUDGET = Budget(12, 10, 0.1, run_s=60, limit_s=600, depth=Depth(preemptions=1, limit_s=2))
BRIEF = replace(BUDGET, programs=4, depth=Depth(preemptions=1, limit_s=1))
"""Some programs of every workload. What thousands of them show is for `make soak` to find out."""

OPTIONS = {
    Capability.MAX_IDLE_TIME,
    Capability.MAX_LIFETIME,
    Capability.MIN_IDLE,
    Capability.CALL_TIMEOUT,
    Capability.GRACEFUL_CLOSE,
}
"""What the reference pools do without, to stay small."""

FOR_THREADS = reference_pool.ConnectionPool
FOR_ASYNCIO = asyncio_reference_pool.ConnectionPool
NOT_FOR_THREADS = {Capability.ASYNCIO}
NOT_FOR_ASYNCIO = {Capability.THREADS, Capability.FORK}

OBSERVED: Mapping[type[object], set[Capability]] = {
    FOR_THREADS: NOT_FOR_THREADS | OPTIONS,
    FOR_ASYNCIO: NOT_FOR_ASYNCIO | OPTIONS,
    OptionsPool: NOT_FOR_THREADS,
    OptionsAsyncPool: NOT_FOR_ASYNCIO,
}
"""Pools that every clause can be judged on but those which need one of these."""

QUICK = {FOR_THREADS, FOR_ASYNCIO}
"""The pools that `make quick-test` judges."""


def check(pool: type[object], server: Server, budget: Budget, seed: int) -> Judged:
    return judge(adapter_of(pool), server, budget, seed)


@pytest.mark.parametrize(
    "pool",
    [
        pytest.param(pool, id=name_of(pool), marks=() if pool in QUICK else pytest.mark.thorough)
        for pool in OBSERVED
    ],
)
def test_a_sound_pool_is_not_convicted_and_leaves_no_clause_unobserved(
    pool: type[object], server: Server
) -> None:
    findings = check(pool, server, BUDGET, seed=0)

    assert findings.violations == {}
    assert set(findings.observed) == {
        name for name, clause in CLAUSES.items() if clause.needs not in OBSERVED[pool]
    }


@pytest.mark.thorough
@pytest.mark.parametrize(
    "pool", [pool for pool in EVERY_SOUND_POOL if pool not in OBSERVED], ids=name_of
)
def test_a_sound_pool_of_another_style_is_not_convicted(pool: type[object], server: Server) -> None:
    assert check(pool, server, BRIEF, seed=1).violations == {}


@pytest.mark.thorough
@pytest.mark.parametrize("pool", [FOR_THREADS, FOR_ASYNCIO], ids=name_of)
def test_a_sound_pool_is_not_convicted_on_a_busy_machine(
    pool: type[object], server: Server
) -> None:
    with busy_machine():
        findings = check(pool, server, BRIEF, seed=2)

    assert findings.violations == {}
