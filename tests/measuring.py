"""How the benchmarks measure and what they print.

Only ratios are worth reading: subjects take turns, round by round, in one run on one machine, and a
ratio is the median of the ratios of the rounds.
"""

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from statistics import median
from time import perf_counter
from typing import Generic, TypeAlias, TypeVar

import redis

from poolproof.conformance.server import Server, obtain

ROUNDS = 31

Subject = TypeVar("Subject")

Crowd: TypeAlias = tuple[list[int], int]
"""How often each of many callers was served, and how often the pool turned one away."""


def server_asked_for(about: str | None) -> AbstractContextManager[Server]:
    """The server that the command line names, or one for the measurement."""
    arguments = argparse.ArgumentParser(description=about)
    arguments.add_argument(
        "--redis-url", help="measure against this server; the default starts one"
    )
    return obtain(arguments.parse_args().redis_url)


@contextmanager
def one_processor() -> Iterator[Callable[[], None]]:
    """Stay on one processor, with a server that is started meanwhile; yields the way back.

    The way between two processors varies more than what is measured.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield lambda: None
        return
    everything = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everything)})
    yield lambda: os.sched_setaffinity(0, everything)


class Turns(Generic[Subject]):
    """Yields each subject in its turn; what is done until the next is asked for is its time."""

    def __init__(self, **subjects: Subject) -> None:
        self._subjects = subjects
        self._seconds: dict[str, list[float]] = {name: [] for name in subjects}

    def __iter__(self) -> Iterator[Subject]:
        for number in range(ROUNDS + 1):
            for name, subject in self._subjects.items():
                started = perf_counter()
                yield subject
                if number > 0:  # the first round does not count
                    self._seconds[name].append(perf_counter() - started)

    def seconds(self, name: str) -> float:
        return median(self._seconds[name])

    def ratio(self, slower: str, faster: str) -> float:
        rounds = zip(self._seconds[slower], self._seconds[faster], strict=True)
        return median(a / b for a, b in rounds)


def introduce(*others: str) -> None:
    """Say what is measured with."""
    print(f"Python {platform.python_version()}, redis-py {redis.__version__}", *others, sep=", ")


def tell(what: str, measured: str, target: str) -> None:
    print(f"  {what:<58} {measured:>9}   target {target}")


def tell_crowds(rounds: list[tuple[Crowd, Crowd]], throughput: str) -> None:
    """How a crowd fared with our pool and with redis-py's, and our throughput beside theirs."""
    ours, theirs = zip(*rounds, strict=True)
    for name, crowds, fair, all_served in (
        ("ours", ours, ">= 0.99", "0"),
        ("redis-py's", theirs, "(none)", "(none)"),
    ):
        fairness = median(jain(served) for served, _ in crowds)
        tell(f"{name}: Jain's index of fairness, 1 is best", f"{fairness:.3f}", fair)
        refused = sum(refused for _, refused in crowds)
        tell(f"{name}: callers turned away by the pool's timeout", str(refused), all_served)
    ratio = median(sum(mine) / sum(their) for (mine, _), (their, _) in rounds)
    tell("ours / redis-py's, pings in all", f"{ratio:.2f} x", throughput)


def jain(shares: list[int]) -> float:
    """1 when all got the same, 1/n when one of n got all."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares) or 1)
