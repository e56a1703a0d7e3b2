"""Connections that their holders let go of without releasing them: what a pool makes of the slot."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from counterexamples import laid_out
from culprits import SoundAsyncPool, SoundPool, forgotten, forgotten_async
from judging import adapter_of, drivers_of, leaving_open_what_they_will

from poolproof import reference_pool
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.callers.playing import possible
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.programs.operations import Build
from poolproof.conformance.programs.setup import DIRECT
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.durations import CROWD_S
from poolproof.conformance.workloads.holders import DROP
from poolproof.conformance.workloads.scenario import Scenario
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec import CLAUSES, History
from poolproof.spec.model.events import Acquired, Event, Forgotten, PoolConfig

Run = Callable[[type[object], Scenario], list[Event]]

FORGOTTEN = DROP.scenarios
WITH_A_WAITER, ALL = FORGOTTEN


@pytest.fixture
def run(server: Server, settings: PoolSettings) -> Iterator[Run]:
    """What happens when one of the scenarios is played on a pool."""
    monitor = ServerMonitor(server)

    def run_on(pool: type[object], scenario: Scenario) -> list[Event]:
        prepared = prepare(adapter_of(pool), settings, monitor)
        operations = scenario.operations
        with closing(drivers_of(prepared)) as drivers:
            driver = drivers.new(DIRECT, prepared.settings, monitor, look_twice=True)
            for name in ("A", "B"):
                driver.run_one(Build(name, PoolConfig(scenario.max_connections, CROWD_S)))
            for operation in operations:
                if possible(driver, operation):
                    driver.run_one(operation)
            driver.finish()
        return driver.events

    with schedulable_threads(), leaving_open_what_they_will():
        yield run_on
    monitor.close()


def broken_by(events: list[Event]) -> set[str]:
    history = History(tuple(events))
    return {
        name
        for name, clause in CLAUSES.items()
        if any(judgement.broken is not None for judgement in clause.judge(history))
    }


def served_at_once(events: list[Event]) -> bool:
    """Whether somebody was served in pool A right after a connection was forgotten."""
    [index] = [place for place, event in enumerate(events) if isinstance(event, Forgotten)]
    return isinstance(events[index + 1], Acquired)


@pytest.mark.parametrize("scenario", FORGOTTEN, ids=lambda scenario: scenario.name)
@pytest.mark.parametrize(
    "pool",
    [
        reference_pool.ConnectionPool,
        asyncio_reference_pool.ConnectionPool,
        SoundPool,
        SoundAsyncPool,
        forgotten.LeasingPool,
        forgotten_async.WeakAsyncPool,
    ],
    ids=lambda pool: f"{pool.__module__}.{pool.__name__}",
)
def test_a_pool_may_have_the_slot_back_or_not(
    run: Run, pool: type[object], scenario: Scenario
) -> None:
    events = run(pool, scenario)

    assert any(isinstance(event, Forgotten) for event in events)
    assert broken_by(events) == set()


@pytest.mark.parametrize(
    ("pool", "served"),
    [
        (SoundPool, False),
        (SoundAsyncPool, False),
        (forgotten.LeasingPool, True),
        (forgotten_async.WeakAsyncPool, True),
    ],
)
def test_what_is_forgotten_is_collected_at_once(run: Run, pool: type[object], served: bool) -> None:
    assert served_at_once(run(pool, WITH_A_WAITER)) == served


@pytest.mark.parametrize(
    ("culprit", "clause"),
    [
        (forgotten.LeavesOpenWhatIsForgotten, "BND-1"),
        (forgotten.TakesBackTwiceWhatIsForgotten, "RET-2"),
        (forgotten.ServesNobodyWhenSomethingIsForgotten, "BND-3"),
        (forgotten_async.CountsOnlyWhatIsNotForgotten, "BND-1"),
    ],
)
def test_who_goes_wrong_over_it_is_convicted(run: Run, culprit: type[object], clause: str) -> None:
    broken = [broken_by(run(culprit, scenario)) for scenario in FORGOTTEN]

    assert clause in set[str]().union(*broken)


def test_the_story_says_that_nobody_released_it(run: Run) -> None:
    events = run(forgotten.LeavesOpenWhatIsForgotten, ALL)

    steps, broken = laid_out("BND-1", tuple(events))

    story = " ".join(" ".join(steps).split())
    assert "without releasing it" in story
    assert "the server sees" in broken
