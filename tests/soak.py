"""The long proof that no sound pool is convicted: at least 1,000 programs for each pool.

Run it by hand, `make soak`, with the machine idle and with `--busy`; the tests do the same in small.
It ends with status 1 if anything was convicted, and tells how.
"""

import argparse
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import cpu_count
from time import monotonic

from sound import ASYNC_SOUND_POOLS, SOUND_POOLS

from poolproof import reference_pool
from poolproof.conformance.adapter import AsyncRedisInterface, RedisInterface
from poolproof.conformance.campaign import Budget
from poolproof.conformance.check import run_check
from poolproof.conformance.exhaustion import Depth
from poolproof.conformance.server import Server, obtain
from poolproof.conformance.story import tell
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec import CLAUSES

THREADS = (reference_pool.ConnectionPool, *SOUND_POOLS)
ASYNCIO = (asyncio_reference_pool.ConnectionPool, *ASYNC_SOUND_POOLS)


def main() -> int:
    """Judge every sound pool; the status is 1 if one was convicted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=1000, help="for each pool, at least")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--busy", action="store_true", help="keep all cores busy meanwhile")
    chosen = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()}, {chosen}", flush=True)
    convicted = 0
    with obtain() as server, busy_machine(chosen.busy):
        for pool in (*THREADS, *ASYNCIO):
            convicted += judge(pool, server, chosen.programs, chosen.seed)
    print(f"{convicted} convictions")
    return 1 if convicted else 0


def judge(pool: type[object], server: Server, programs: int, seed: int) -> int:
    """How many clauses convict the pool."""
    adapter = AsyncRedisInterface(pool) if pool in ASYNCIO else RedisInterface(pool)
    # There are some sixteen themes, three of which run a part of the programs only.
    depth = Depth(preemptions=1, limit_s=30)
    budget = Budget(programs // 13, 12, 1.0, run_s=600, limit_s=3600, depth=depth)
    began_s = monotonic()
    findings = run_check(adapter, server, list(CLAUSES), budget, seed, {}, say=lambda _: None)
    driver = "asyncio" if pool in ASYNCIO else "threads"
    name = f"{pool.__module__.rpartition('.')[2]}.{pool.__name__}"
    print(
        f"{name:<32} {driver} {findings.programs:>6} programs {monotonic() - began_s:>5.0f} s "
        f"{len(findings.convictions)} convictions",
        *findings.notes,
        sep="; ",
        flush=True,
    )
    for conviction in findings.convictions.values():
        steps, broken = tell(conviction.clause, conviction.events)
        print(conviction.clause, broken, *steps, sep="\n    ", flush=True)
    return len(findings.convictions)


@contextmanager
def busy_machine(busy: bool) -> Iterator[None]:
    """Keep every core busy, with twice as many processes as there are."""
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(2 * (cpu_count() or 2) if busy else 0)
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


if __name__ == "__main__":
    sys.exit(main())
