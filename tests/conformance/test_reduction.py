"""What a story does not need is left out of its program, and nothing else."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from culprits import SoundAsyncPool
from culprits.order import PutsBackAtTheFront
from judging import adapter_of, context_of, drivers_of
from redis.asyncio import Connection

from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.checker import Checker, Violation
from poolproof.conformance.programs.operations import Acquire, Build, Operation, Release
from poolproof.conformance.search.reduction import shorten_stories
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.context import TimeLimit
from poolproof.conformance.workloads.durations import CROWD_S
from poolproof.spec.model.events import PoolConfig

LONG_S = 60.0


class LendsTheLastOneFirst(SoundAsyncPool):
    """The same for tasks."""

    def put_back(self, connection: Connection) -> None:
        self.idle.appendleft(connection)


THREE = PoolConfig(3, CROWD_S)

LONG_WINDED: tuple[Operation, ...] = (
    Build("A", THREE),
    Build("B", THREE),
    Acquire("B"),
    Acquire("A"),
    Acquire("A"),
    Release(1, "B"),
    Acquire("A"),
    Release(3, "A"),
    Acquire("A"),
    Release(7, "A"),
    Release(2, "A"),
    Release(5, "A"),
    Acquire("A"),
    Acquire("B"),
)
"""Calls are numbered as they are made, releases too."""

Shortened = Callable[[type, str, float], tuple[Violation, Violation]]


@pytest.fixture
def shortened(server: Server, settings: PoolSettings) -> Iterator[Shortened]:
    """The violation by the long-winded program, and what has become of it."""
    monitor = ServerMonitor(server)

    def shorten(pool: type, clause: str, limit_s: float) -> tuple[Violation, Violation]:
        prepared = prepare(adapter_of(pool), settings, monitor)
        with closing(drivers_of(prepared)) as drivers:
            checker = Checker([clause])
            context = context_of(checker, drivers, prepared, monitor, TimeLimit(LONG_S))
            driver = context.new_driver()
            for operation in LONG_WINDED:
                driver.run_one(operation)
            driver.finish()
            checker.judge(driver.events, driver.trace)
            before = checker.violations[clause]
            shorten_stories(context, limit_s)
        return before, checker.violations[clause]

    with schedulable_threads():
        yield shorten
    monitor.close()


def operations_of(violation: Violation) -> list[Operation]:
    assert violation.trace is not None
    return [operation for step in violation.trace.steps for operation in step.burst.operations]


@pytest.mark.parametrize("culprit", [PutsBackAtTheFront, LendsTheLastOneFirst])
def test_what_a_story_does_not_need_is_left_out(shortened: Shortened, culprit: type) -> None:
    _, short = shortened(culprit, "ORD-1", LONG_S)

    two = PoolConfig(2, CROWD_S)
    builds, rest = operations_of(short)[:2], operations_of(short)[2:]
    assert builds == [Build("A", two), Build("B", two)]
    # The last shows that what was passed over could have been had.
    assert [type(each) for each in rest] == [Acquire, Acquire, Release, Release, Acquire, Acquire]


def test_a_story_stays_as_it_is_when_there_is_no_time(shortened: Shortened) -> None:
    before, after = shortened(PutsBackAtTheFront, "ORD-1", 0.0)

    assert after is before


def test_calls_are_numbered_anew_and_what_broke_is_said_of_the_short_story(
    shortened: Shortened,
) -> None:
    before, short = shortened(PutsBackAtTheFront, "ORD-1", LONG_S)

    assert short.decided_by < before.decided_by
    assert len(short.events) < len(before.events)
    assert short.broken[0].broken != before.broken[0].broken
