"""Connections that fail in this process, or are turned away: each way of it is met, and lost slots are
seen by it.
"""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from counterexamples import laid_out
from culprits import SoundAsyncPool, SoundPool, outage, outage_async
from culprits.closing import LeavesTheRestOpen
from culprits.forgotten import LeasingPool
from judging import adapter_of, drivers_of, leaving_open_what_they_will
from sound import ASYNC_SOUND_POOLS, SOUND_POOLS
from sound.wrapping import WrappingPool

from poolproof import reference_pool
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.callers.playing import possible
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.programs.fault_kinds import FAILURES
from poolproof.conformance.programs.operations import Build, ClosePool, DisconnectPool, Operation
from poolproof.conformance.programs.setup import WITH_FAULTS
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.outages import CLOSING_FAILS, FAILED, TURNED_AWAY
from poolproof.conformance.workloads.scenario import Scenario
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec import CLAUSES, Capability, History
from poolproof.spec.model.events import AcquireFailed, Event, Outage, OutageOver, PoolConfig

Run = Callable[[type, str], list[Event]]

SCENARIOS: dict[str, Scenario] = {
    **dict(zip(FAILURES, FAILED, strict=True)),
    **CLOSING_FAILS,
    **{scenario.name: scenario for scenario in TURNED_AWAY[:2]},
}
"""Besides the failures themselves: what a pool does in which closing a connection may fail."""

# The connections of a pool that hands out wrappers cannot be told from others.
SOUND = (
    reference_pool.ConnectionPool,
    asyncio_reference_pool.ConnectionPool,
    SoundPool,
    SoundAsyncPool,
    *(pool for pool in SOUND_POOLS if pool not in (WrappingPool, LeasingPool)),
    *ASYNC_SOUND_POOLS,
)

CULPRITS: tuple[tuple[type, str], ...] = (
    (outage.CountsWhatItCannotMake, "making"),
    (outage.ReckonsWithErrorsOfTheServerOnly, "opening"),
    (outage.LooksWhereNothingMayGoWrong, "looking"),
    (outage.TrustsThatClosingSucceeds, "closing"),
    (outage.ForgetsWhatItCannotClose, "disconnecting"),
    (outage.ClosesBeforeItTakesBack, "releasing"),
    (outage_async.ForgetsWhatItFailsToClose, "disconnecting"),
    (outage_async.ClosesBeforeItHasBack, "releasing"),
    (outage_async.CountsAStreamThatItCannotMake, "making"),
    (outage_async.ReckonsWithErrorsOfItsServerOnly, "opening"),
    (outage_async.LooksWhereNothingCanGoWrong, "looking"),
    (outage_async.TrustsThatAwaitedClosingSucceeds, "closing"),
    (outage.KeepsAFailedConnectFromTheNext, TURNED_AWAY[0].name),
    (outage_async.KeepsARefusedConnectFromTheNext, TURNED_AWAY[0].name),
    (outage.LosesTheSlotOfAFailedConnect, TURNED_AWAY[1].name),
)


def _is_offered(operation: Operation, offers: frozenset[Capability]) -> bool:
    needed = {ClosePool: Capability.CLOSE, DisconnectPool: Capability.DISCONNECT}
    return needed.get(type(operation)) in (None, *offers)


@pytest.fixture
def run(server: Server, settings: PoolSettings) -> Iterator[Run]:
    """What happens when a pool of two connections meets one of the failures."""
    monitor = ServerMonitor(server)

    def run_on(pool: type, how: str) -> list[Event]:
        prepared = prepare(adapter_of(pool), settings, monitor)
        drivers = drivers_of(prepared)
        assert drivers.connections_can_fail
        scenario = SCENARIOS[how]
        with closing(drivers):
            driver = drivers.new(WITH_FAULTS, prepared.settings, monitor, look_twice=True)
            for name in ("A", "B"):
                driver.run_one(
                    Build(name, PoolConfig(scenario.max_connections, scenario.timeout_s))
                )
            for operation in scenario.operations:
                if possible(driver, operation) and _is_offered(operation, prepared.offers):
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


@pytest.mark.parametrize("how", SCENARIOS)
@pytest.mark.parametrize("pool", SOUND, ids=lambda pool: f"{pool.__module__}.{pool.__name__}")
def test_a_sound_pool_breaks_nothing(run: Run, pool: type, how: str) -> None:
    events = run(pool, how)

    assert broken_by(events) == set()
    assert how == "ending" or any(CLAUSES["BRK-4"].judge(History(tuple(events))))


@pytest.mark.parametrize(("culprit", "how"), CULPRITS, ids=str)
def test_who_loses_slots_by_a_failure_is_convicted(run: Run, culprit: type, how: str) -> None:
    assert "BRK-4" in broken_by(run(culprit, how))


def test_who_says_that_it_is_closed_has_nothing_open(run: Run) -> None:
    assert broken_by(run(LeavesTheRestOpen, "ending")) == {"CLS-2"}


@pytest.mark.parametrize("pool", [SoundPool, SoundAsyncPool])
@pytest.mark.parametrize(("how", "error"), [("making", "MemoryError"), ("opening", "ValueError")])
def test_callers_meet_the_failure_until_it_is_over(
    run: Run, pool: type, how: str, error: str
) -> None:
    events = run(pool, how)

    [began] = [index for index, event in enumerate(events) if isinstance(event, Outage)]
    [over] = [index for index, event in enumerate(events) if isinstance(event, OutageOver)]
    failed = {
        index: event for index, event in enumerate(events) if isinstance(event, AcquireFailed)
    }
    assert len(failed) == 3
    assert all(began < index < over for index in failed)
    assert {event.error.type_name for event in failed.values()} == {f"builtins.{error}"}


def test_the_story_says_that_it_was_not_the_server(run: Run) -> None:
    events = run(outage.CountsWhatItCannotMake, "making")

    steps, _ = laid_out("BRK-4", tuple(events))

    assert "the pool's connections begin to fail: whoever makes one gets a MemoryError" in steps
    assert "connections do not fail any more" in steps


def test_a_pool_that_hides_its_connections_cannot_be_made_to_fail(
    server: Server, settings: PoolSettings
) -> None:
    monitor = ServerMonitor(server)
    with closing(monitor), schedulable_threads():
        prepared = prepare(adapter_of(WrappingPool), settings, monitor)
        assert not drivers_of(prepared).connections_can_fail
