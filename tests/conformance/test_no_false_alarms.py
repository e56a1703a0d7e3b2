"""A pool that keeps its promises is never convicted, whatever its style and whatever the machine does.

A false alarm is the worst bug that this project can have.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from culprits import SoundAsyncPool, SoundPool
from sound import ASYNC_SOUND_POOLS, SOUND_POOLS

from poolproof import reference_pool
from poolproof.conformance.adapter import AsyncRedisInterface, RedisInterface
from poolproof.conformance.campaign import Budget
from poolproof.conformance.check import Findings, run_check
from poolproof.conformance.exhaustion import Depth
from poolproof.conformance.server import Server
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec import CLAUSES, Capability

BUDGET = Budget(24, 10, 0.1, run_s=20, limit_s=120, depth=Depth(preemptions=1, limit_s=3))
CORES = 2

FOR_THREADS = (reference_pool.ConnectionPool, *SOUND_POOLS)
FOR_ASYNCIO = (asyncio_reference_pool.ConnectionPool, *ASYNC_SOUND_POOLS)


def check(pool: type[object], server: Server, seed: int) -> Findings:
    adapter = AsyncRedisInterface(pool) if pool in FOR_ASYNCIO else RedisInterface(pool)
    return run_check(adapter, server, list(CLAUSES), BUDGET, seed, {}, say=lambda progress: None)


@contextmanager
def busy_machine() -> Iterator[None]:
    """Keep every core busy with twice as many processes as there are cores."""
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * CORES)
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def name_of(pool: type[object]) -> str:
    return f"{pool.__module__.rpartition('.')[2]}.{pool.__name__}"


@pytest.mark.parametrize("pool", [*FOR_THREADS, *FOR_ASYNCIO], ids=name_of)
def test_a_sound_pool_is_not_convicted(pool: type[object], server: Server) -> None:
    assert check(pool, server, seed=1).convictions == {}


@pytest.mark.parametrize(
    "pool", [FOR_THREADS[0], FOR_ASYNCIO[0], SoundPool, SoundAsyncPool], ids=name_of
)
def test_a_sound_pool_is_not_convicted_on_a_busy_machine(
    pool: type[object], server: Server
) -> None:
    with busy_machine():
        findings = check(pool, server, seed=2)

    assert findings.convictions == {}


@pytest.mark.parametrize(
    ("pool", "needs_others"),
    [(FOR_THREADS[0], Capability.ASYNCIO), (FOR_ASYNCIO[0], Capability.THREADS)],
    ids=["threads", "asyncio"],
)
def test_a_reference_pool_leaves_no_clause_unobserved(
    pool: type[object], needs_others: Capability, server: Server
) -> None:
    findings = check(pool, server, seed=0)

    assert set(findings.observed) == {
        name for name, clause in CLAUSES.items() if clause.needs is not needs_others
    }
