"""A pool that keeps its promises is never convicted, whatever its style and whatever the machine does.

A false alarm is the worst bug that this project can have.
"""

import pytest
from busy import busy_machine
from judging import Judged, adapter_of, judge, name_of
from sound import EVERY_SOUND_POOL

from poolproof import reference_pool
from poolproof.conformance.search.budget import Budget, Depth
from poolproof.conformance.server import Server
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec import CLAUSES, Capability

BUDGET = Budget(12, 10, 0.1, run_s=20, limit_s=120, depth=Depth(preemptions=1, limit_s=2))

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


def check(pool: type[object], server: Server, seed: int) -> Judged:
    return judge(adapter_of(pool), server, BUDGET, seed)


@pytest.mark.parametrize("pool", EVERY_SOUND_POOL, ids=name_of)
def test_a_sound_pool_is_not_convicted(pool: type[object], server: Server) -> None:
    assert check(pool, server, seed=1).violations == {}


@pytest.mark.parametrize("pool", [FOR_THREADS, FOR_ASYNCIO], ids=name_of)
def test_a_sound_pool_is_not_convicted_on_a_busy_machine(
    pool: type[object], server: Server
) -> None:
    with busy_machine():
        findings = check(pool, server, seed=2)

    assert findings.violations == {}


@pytest.mark.parametrize(
    ("pool", "needs_others"),
    [
        (FOR_THREADS, {Capability.ASYNCIO, *OPTIONS}),
        (FOR_ASYNCIO, {Capability.THREADS, Capability.FORK, *OPTIONS}),
    ],
    ids=["threads", "asyncio"],
)
def test_a_reference_pool_leaves_no_clause_unobserved(
    pool: type[object], needs_others: set[Capability], server: Server
) -> None:
    findings = check(pool, server, seed=0)

    assert set(findings.observed) == {
        name for name, clause in CLAUSES.items() if clause.needs not in needs_others
    }
