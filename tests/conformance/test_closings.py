"""Pools that take some time to close, or to find out that they are closed, as they may."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from threading import Condition, Thread
from time import monotonic, sleep

import pytest
import redis
from culprits.closing import ClosablePool
from culprits.closing_async import ClosableAsyncPool
from culprits.sound import Waiter
from judging import adapter_of, drivers_of
from redis.asyncio import Connection

from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.programs.operations import (
    Acquire,
    Build,
    ClosePool,
    DisconnectPool,
    Operation,
    Release,
)
from poolproof.conformance.programs.setup import DIRECT
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.durations import CROWD_S
from poolproof.spec import CLAUSES, History
from poolproof.spec.model.events import CloseReturned, Event, PoolConfig

LOOKS_EVERY_S = 0.05
TICK_S = 2.0
ASK, GIVE, CLOSE, DISCONNECT = Acquire("A"), Release(1, "A"), ClosePool("A"), DisconnectPool("A")

Run = Callable[..., Sequence[Event]]


class LooksWhetherItIsClosed(ClosablePool):
    """Tells nobody who waits that it is closed; they look from time to time."""

    def dismiss(self, waiters: object) -> None:
        pass

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        waiter, end_s = Waiter(), monotonic() + (timeout or 0)
        self.join(waiter)
        while not waiter.wait(min(LOOKS_EVERY_S, max(0, end_s - monotonic()))):
            if self.closed or monotonic() >= end_s:
                break
        self.leave(waiter)
        return waiter.connection


class SeesItsThreadOut(ClosablePool):
    """Has a thread that looks from time to time whether it is over, and waits for that to close."""

    def prepare(self) -> None:
        super().prepare()
        self.thread = Thread(target=self.maintain, daemon=True)
        self.thread.start()

    def maintain(self) -> None:
        while not self.closed:
            sleep(TICK_S)

    def close(self) -> None:
        super().close()
        self.thread.join()


class SeesItsTaskOut(ClosableAsyncPool):
    """The same for asyncio."""

    task: asyncio.Task[None] | None = None

    async def get_connection(self, command_name: str | None = None) -> Connection:
        self.task = self.task or asyncio.create_task(self.maintain())
        return await super().get_connection()

    async def maintain(self) -> None:
        while not self.closed:  # noqa: ASYNC110 - it is what this pool does
            await asyncio.sleep(TICK_S)

    async def aclose(self) -> None:
        await super().aclose()
        if self.task is not None:
            await self.task


class DisconnectsWhenAllIsReleased(ClosablePool):
    """Has who disconnects it wait for those who hold a connection."""

    def prepare(self) -> None:
        super().prepare()
        self.released = Condition(self.lock)  # type: ignore[arg-type]  # it is an RLock

    def disconnect(self) -> None:
        with self.released:
            while self.in_use:
                self.released.wait()
            super().disconnect()

    def release(self, connection: redis.Connection) -> None:
        super().release(connection)
        with self.released:
            self.released.notify_all()


class HearsLate(ServerMonitor):
    """Of a server that shows once more what has been closed since it was asked last."""

    before: Mapping[str, frozenset[int]]

    def open_connections(self, pools: Mapping[str, str]) -> Mapping[str, frozenset[int]]:
        seen = super().open_connections(pools)
        shown = {pool: seen[pool] | self.before.get(pool, frozenset()) for pool in pools}
        self.before = seen
        return shown


@pytest.fixture
def run(server: Server, settings: PoolSettings) -> Iterator[Run]:
    """What happens when these operations are carried out on a pool of so many connections."""
    monitor = HearsLate(server)
    monitor.before = {}

    def run_on(pool: type[object], *operations: Operation, most: int = 1) -> Sequence[Event]:
        prepared = prepare(adapter_of(pool), settings, monitor)
        with closing(drivers_of(prepared)) as drivers:
            driver = drivers.new(DIRECT, prepared.settings, monitor, look_twice=True)
            driver.run_one(Build("A", PoolConfig(most, CROWD_S)))
            for operation in operations:
                driver.run_one(operation)
            driver.finish()
            return driver.events

    with schedulable_threads():
        yield run_on
    monitor.close()


def said(clause: str, events: Sequence[Event]) -> set[str | None]:
    return {judgement.broken for judgement in CLAUSES[clause].judge(History(tuple(events)))}


def test_who_waits_may_look_from_time_to_time_whether_the_pool_is_closed(run: Run) -> None:
    events = run(LooksWhetherItIsClosed, ASK, ASK, CLOSE, GIVE)

    assert said("CLS-1", events) == {None}


@pytest.mark.parametrize("pool", [SeesItsThreadOut, SeesItsTaskOut])
@pytest.mark.parametrize("in_use", [False, True], ids=["idle", "in use"])
def test_closing_may_take_the_time_that_a_thread_or_task_of_the_pool_needs(
    run: Run, pool: type[object], *, in_use: bool
) -> None:
    events = run(pool, ASK, *((CLOSE, GIVE) if in_use else (GIVE, CLOSE)))

    assert [event.error for event in events if isinstance(event, CloseReturned)] == [None]
    assert said("CLS-2", events) == {None}


def test_a_disconnect_that_waits_for_callers_is_seen_when_the_server_has_heard_of_it(
    run: Run,
) -> None:
    events = run(DisconnectsWhenAllIsReleased, ASK, ASK, Release(2, "A"), DISCONNECT, GIVE, most=2)

    assert said("CLS-3", events) == {None}


def test_a_connection_in_use_that_was_closed_does_not_hide_that_an_idle_one_is_about_to_be(
    run: Run,
) -> None:
    again = (ASK, Release(3, "A"), DISCONNECT)

    assert said("CLS-3", run(ClosablePool, ASK, DISCONNECT, *again, most=2)) == {None}
