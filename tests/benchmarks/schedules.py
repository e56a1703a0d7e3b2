"""
How many schedules of a pool the scheduler gets through; see `make bench`.

Three threads acquire and release the one connection of a pool, on doubles of connections: what is
measured is the scheduler, the pool's code and the listening to it.
"""

import argparse
import os
import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from types import CodeType

import redis
from measuring import introduce, tell

from poolproof import reference_pool
from poolproof.conformance.engines.threads import (
    Course,
    Schedule,
    Scheduler,
    each_schedule,
    install,
)

ROUNDS = 5
RANDOM_SCHEDULES = 500
EXHAUSTIVE_LIMIT = 2000
PACKAGES = tuple(str(Path(package.__file__ or "").parent) for package in (redis, reference_pool))


class Double:
    """As much of a connection as a pool uses."""

    def __init__(self, **_arguments: object) -> None:
        self.pid = os.getpid()

    def connect(self) -> None:
        pass

    def disconnect(self, *_arguments: object) -> None:
        pass

    def can_read(self, timeout: float = 0) -> bool:
        return False

    def should_reconnect(self) -> bool:
        return False


Pool = redis.BlockingConnectionPool | reference_pool.ConnectionPool
MakePool = Callable[..., Pool]


def main() -> None:
    """Measure, print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with install():
        introduce()
        for name, make in (
            ("redis.BlockingConnectionPool", redis.BlockingConnectionPool),
            ("reference_pool.ConnectionPool", reference_pool.ConnectionPool),
        ):
            measure(name, make)


def is_pool_code(code: CodeType) -> bool:
    return code.co_filename.startswith(PACKAGES)


def run_one(make: MakePool, threads: int, schedule: Schedule) -> Course:
    pool = make(max_connections=1, timeout=None, connection_class=Double)

    def work() -> None:
        pool.release(pool.get_connection())

    with Scheduler(is_pool_code) as scheduler:
        for _ in range(threads):
            scheduler.start(work)
        return scheduler.run(schedule)


def measure(name: str, make: MakePool) -> None:
    print(f"schedules of {name} a second")
    for preemptions in (0, 3):
        per_s = median(at_random(make, preemptions, seed) for seed in range(ROUNDS))
        tell(f"random, 3 threads, {preemptions} pre-emptions", f"{per_s:.0f}", ">= 200")
    for threads in (2, 3):
        started = perf_counter()
        each = each_schedule(partial(run_one, make, threads))
        schedules = sum(1 for _ in islice(each, EXHAUSTIVE_LIMIT))
        per_s = schedules / (perf_counter() - started)
        extent = "the first" if schedules == EXHAUSTIVE_LIMIT else "all"
        what = f"exhaustive, {threads} threads, {extent} {schedules}"
        tell(what, f"{per_s:.0f}", ">= 1000")


def at_random(make: MakePool, preemptions: int, seed: int) -> float:
    drawn = random.Random(seed)
    started = perf_counter()
    for _ in range(RANDOM_SCHEDULES):
        picks = tuple(drawn.randrange(3) for _ in range(8))
        gaps = tuple(int(2 ** drawn.uniform(0, 7)) - 1 for _ in range(preemptions))
        run_one(make, 3, Schedule(picks, gaps))
    return RANDOM_SCHEDULES / (perf_counter() - started)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
