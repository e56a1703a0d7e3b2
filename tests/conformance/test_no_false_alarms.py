"""A pool that keeps its promises is never convicted, whatever its style and whatever the machine does.

A false alarm is the worst bug that this project can have.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from culprits.sound import SoundPool
from sound import SOUND_POOLS

from poolproof.conformance.adapter import RedisInterface
from poolproof.conformance.campaign import Budget
from poolproof.conformance.check import Findings, run_check
from poolproof.conformance.server import Server
from poolproof.reference_pool import ConnectionPool
from poolproof.spec import CLAUSES

BUDGET = Budget(programs=24, steps=10, shorten_s=0.1, run_s=20, limit_s=120)
CORES = 2


def check(pool: type[object], server: Server, seed: int) -> Findings:
    return run_check(
        RedisInterface(pool), server, list(CLAUSES), BUDGET, seed, {}, say=lambda progress: None
    )


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


@pytest.mark.parametrize("pool", [ConnectionPool, *SOUND_POOLS], ids=lambda pool: pool.__name__)
def test_a_sound_pool_is_not_convicted(pool: type[object], server: Server) -> None:
    assert check(pool, server, seed=1).convictions == {}


@pytest.mark.parametrize("pool", [ConnectionPool, SoundPool], ids=lambda pool: pool.__name__)
def test_a_sound_pool_is_not_convicted_on_a_busy_machine(
    pool: type[object], server: Server
) -> None:
    with busy_machine():
        findings = check(pool, server, seed=2)

    assert findings.convictions == {}


def test_the_reference_pool_leaves_no_clause_unobserved(server: Server) -> None:
    findings = check(ConnectionPool, server, seed=0)

    assert set(findings.observed) == set(CLAUSES)
