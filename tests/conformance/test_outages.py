"""Outages of ours: what a program does to the server or to the way to it, and what is seen of it.

The proxy is in front of a real server, which stays up.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from time import monotonic
from typing import TypeVar

import pytest
import redis
from culprits import SoundPool, outage
from judging import adapter_of, drivers_of, judge
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from poolproof import reference_pool
from poolproof.conformance.adapters.adapter import AnyAdapter, AnyAsyncAdapter
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.redis_interface import RedisInterface
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.faults.server.admission import Admission
from poolproof.conformance.programs.fault_kinds import Refusal
from poolproof.conformance.programs.operations import (
    Acquire,
    BeginOutage,
    Build,
    EndOutage,
    HoldConnects,
    LetConnect,
    Operation,
    Release,
)
from poolproof.conformance.programs.setup import WITH_FAULTS
from poolproof.conformance.search.budget import Budget, Depth
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.durations import PATIENT_WITH_OUTAGES_S
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec.model.events import (
    Acquired,
    AcquireFailed,
    Cut,
    Event,
    Outage,
    OutageOver,
    Overdue,
    PoolConfig,
)

ASK = Acquire("A")
GIVE = Release(1, "A")
CUT, REFUSED, OVER = BeginOutage("reset"), BeginOutage("refused"), EndOutage()

FOR_THREADS = adapter_of(reference_pool.ConnectionPool)
FOR_ASYNCIO = adapter_of(asyncio_reference_pool.ConnectionPool)
OF_BOTH_COLOURS = pytest.mark.parametrize(
    "pool", [FOR_THREADS, FOR_ASYNCIO], ids=["threads", "asyncio"]
)

Run = Callable[..., list[Event]]
_Event = TypeVar("_Event", bound=Event)


@pytest.fixture
def admission(server: Server) -> Iterator[Admission]:
    with closing(Admission(server)) as admission:
        yield admission


@pytest.fixture
def run(server: Server, settings: PoolSettings, admission: Admission) -> Iterator[Run]:
    """What happens when these operations are carried out on a pool of two connections.

    In the end, when the outage is over if there was one, both are to be had.
    """
    monitor = ServerMonitor(server)

    def run_on(
        pool: AnyAdapter | AnyAsyncAdapter, *operations: Operation, **extra: object
    ) -> list[Event]:
        prepared = prepare(pool, replace(settings, extra=extra), monitor)
        drivers = drivers_of(prepared, admission)
        with closing(drivers):
            driver = drivers.new(WITH_FAULTS, prepared.settings, monitor, look_twice=True)
            driver.run_one(Build("A", PoolConfig(2, PATIENT_WITH_OUTAGES_S)))
            for operation in operations:
                driver.run_one(operation)
            seen = [*driver.events]
            driver.finish()
        served = of(Acquired, driver.events[len(seen) :])
        assert len([each for each in served if each.connection is not None]) >= 2
        assert len(of(Outage, driver.events)) == len(of(OutageOver, driver.events))
        return seen

    with schedulable_threads():
        yield run_on
    monitor.close()


def of(kind: type[_Event], events: list[Event]) -> list[_Event]:
    return [event for event in events if isinstance(event, kind)]


@OF_BOTH_COLOURS
def test_connections_are_cut_and_connects_refused_until_it_is_over(
    run: Run, pool: AnyAdapter | AnyAsyncAdapter
) -> None:
    events = run(pool, ASK, ASK, GIVE, CUT, ASK, OVER, ASK)

    first, second, last = (event.connection for event in of(Acquired, events))
    assert {event.connection for event in of(Cut, events)} == {first, second}
    assert all(event.visible for event in of(Cut, events))
    [failed] = of(AcquireFailed, events)
    assert failed.error.is_connection_error
    assert events.index(of(Outage, events)[0]) < events.index(failed)
    assert events.index(failed) < events.index(of(OutageOver, events)[0])
    assert last not in (None, first, second)


@OF_BOTH_COLOURS
def test_where_connects_are_refused_only_what_is_open_goes_on_to_work(
    run: Run, pool: AnyAdapter | AnyAsyncAdapter
) -> None:
    events = run(pool, ASK, GIVE, REFUSED, ASK, ASK)

    assert of(Cut, events) == []
    before, during = (event.connection for event in of(Acquired, events))
    assert before == during is not None
    assert len(of(AcquireFailed, events)) == 1


@OF_BOTH_COLOURS
@pytest.mark.parametrize("how", ["full", "locked"])
def test_a_server_that_turns_callers_away_by_itself_lets_those_go_on_who_are_connected(
    run: Run, pool: AnyAdapter | AnyAsyncAdapter, how: Refusal
) -> None:
    events = run(pool, ASK, GIVE, BeginOutage(how), ASK, ASK, OVER, ASK)

    [away] = of(Outage, events)
    assert "turned away" in away.how
    before, during, after = (event.connection for event in of(Acquired, events))
    assert before == during is not None
    assert after not in (None, during)
    [failed] = of(AcquireFailed, events)
    assert failed.error.is_connection_error


def test_a_program_that_breaks_off_leaves_the_server_open_to_the_next(
    server: Server, settings: PoolSettings, admission: Admission
) -> None:
    monitor = ServerMonitor(server)
    prepared = prepare(FOR_THREADS, settings, monitor)
    with schedulable_threads(), closing(drivers_of(prepared, admission)) as drivers:
        for how in ("full", "locked"):
            broken_off = drivers.new(WITH_FAULTS, settings, monitor, look_twice=True)
            broken_off.run_one(Build("A", PoolConfig(2, PATIENT_WITH_OUTAGES_S)))
            broken_off.run_one(ASK)
            broken_off.run_one(BeginOutage(how))
            drivers.new(WITH_FAULTS, settings, monitor, look_twice=True)
            monitor.lets_in()
            broken_off.close()
    monitor.close()


def test_a_server_that_was_given_is_not_shut_which_is_said(server: Server) -> None:
    given = replace(server, started_by_kit=False)
    depth = Depth(preemptions=0, limit_s=1, in_real_time=False)
    budget = Budget(2, 6, 0.1, run_s=5, limit_s=60, depth=depth)
    adapter = adapter_of(outage.ForgetsTheSlotOfWhoIsTurnedAway)

    findings = judge(adapter, given, budget)

    assert "BRK-4" not in findings.violations
    assert [note for note in findings.notes if "was given" in note]


@OF_BOTH_COLOURS
def test_who_is_connecting_when_it_begins_is_refused(
    run: Run, pool: AnyAdapter | AnyAsyncAdapter
) -> None:
    events = run(pool, ASK, HoldConnects(), ASK, ASK, REFUSED, LetConnect())

    # The last one waits for the slot of the second, and is refused, too.
    assert len(of(AcquireFailed, events)) == 2


@pytest.mark.parametrize(
    ("pool", "retry"), [(FOR_THREADS, Retry), (FOR_ASYNCIO, AsyncRetry)], ids=["threads", "asyncio"]
)
def test_who_tries_again_from_time_to_time_is_back_when_it_is_over(
    run: Run, pool: AnyAdapter | AnyAsyncAdapter, retry: Callable[..., object]
) -> None:
    patient = retry(
        ExponentialBackoff(cap=10, base=2), 5, supported_errors=(redis.ConnectionError,)
    )

    events = run(pool, ASK, HoldConnects(), ASK, REFUSED, LetConnect(), OVER, retry=patient)

    assert of(AcquireFailed, events) == []
    assert of(Overdue, events) == []
    over = events.index(of(OutageOver, events)[0])
    assert len(of(Acquired, events[over:])) == 1


def test_a_pool_that_is_told_nothing_else_finds_back_in_the_end(run: Run) -> None:
    events = run(FOR_THREADS, ASK, CUT, ASK)

    assert of(OutageOver, events) == []


def test_a_pool_that_goes_another_way_to_the_server_has_no_outage(run: Run, server: Server) -> None:
    def on_its_own_way(**arguments: object) -> reference_pool.ConnectionPool:
        told = {**arguments, "host": server.host, "port": server.port}
        return reference_pool.ConnectionPool(**told)  # type: ignore[arg-type]  # as they are

    seen = run(RedisInterface(on_its_own_way), ASK, ASK, GIVE, CUT, ASK)

    assert of(Outage, seen) == []
    assert of(Cut, seen) == []
    assert of(AcquireFailed, seen) == []


class TakesABreak(SoundPool):
    """When it was refused, it tries nothing for a while, and says so at once."""

    until_s = 0.0

    def connect(self, connection: redis.Connection) -> None:
        if monotonic() < self.until_s:
            self.release(connection)
            raise redis.ConnectionError("the server was away just now")
        try:
            super().connect(connection)
        except redis.ConnectionError:
            self.until_s = monotonic() + 30
            raise


def test_a_pool_that_takes_a_break_when_it_was_refused_has_time_for_it(run: Run) -> None:
    events = run(adapter_of(TakesABreak), ASK, REFUSED, ASK, ASK, ASK)

    assert len(of(AcquireFailed, events)) == 3
