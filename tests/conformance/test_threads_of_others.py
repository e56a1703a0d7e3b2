"""Threads that belong to nobody's program are noticed, and those that belong to the kit are not taken
for them.
"""

import threading
from collections.abc import Callable, Iterator

import pytest
from culprits import SoundAsyncPool, SoundPool
from judging import adapter_of, drivers_of
from redis import Connection

from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.engines import asyncio as loop
from poolproof.conformance.engines import threads as scheduler
from poolproof.conformance.engines.threads.threads_of_others import threads_now, threads_of_pool
from poolproof.conformance.programs.operations import Acquire, Build
from poolproof.conformance.programs.setup import DIRECT
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.spec.model.events import PoolConfig


class AskingPool(SoundPool):
    """Asks for the thread that it runs on, as logging does."""

    asked = frozenset[threading.Thread]()

    def get_connection(self, command_name: str | None = None) -> Connection:
        type(self).asked |= {threading.current_thread()}
        return super().get_connection(command_name)


@pytest.fixture
def monitor(server: Server) -> Iterator[ServerMonitor]:
    monitor = ServerMonitor(server)
    yield monitor
    monitor.close()


def acquire_once(
    pool: type[object],
    settings: PoolSettings,
    monitor: ServerMonitor,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    with schedulable_threads():
        prepared = prepare(adapter_of(pool), settings, monitor)
        driver = drivers_of(prepared).new(DIRECT, settings, monitor, look_twice=False)
        meanwhile()
        try:
            driver.run_one(Build("A", PoolConfig(1, 5.0)))
            driver.run_one(Acquire("A"))
        finally:
            driver.close()


@pytest.mark.parametrize("afterwards", [SoundPool, SoundAsyncPool])
def test_a_thread_that_tasks_run_on_is_the_kits(
    afterwards: type[object], settings: PoolSettings, monitor: ServerMonitor
) -> None:
    before = threads_now()

    acquire_once(AskingPool, settings, monitor)

    assert AskingPool.asked & {*threading.enumerate()}
    assert threads_of_pool(before) == []
    acquire_once(afterwards, settings, monitor)


@pytest.mark.parametrize(
    ("pool", "refusal", "why"),
    [
        (
            SoundPool,
            scheduler.CannotHost,
            "a thread that was started for an earlier pool goes on, and may serve every pool",
        ),
        (
            SoundAsyncPool,
            loop.CannotHost,
            "a thread of the pool's own is not known to the loop: sweeper",
        ),
    ],
    ids=["threads", "asyncio"],
)
def test_a_thread_that_no_program_started_cannot_be_hosted(
    pool: type[object],
    refusal: type[Exception],
    why: str,
    settings: PoolSettings,
    monitor: ServerMonitor,
) -> None:
    over = threading.Event()
    sweeper = threading.Thread(target=over.wait, args=(60,), name="sweeper")

    with pytest.raises(refusal, match=why):
        acquire_once(pool, settings, monitor, meanwhile=sweeper.start)

    over.set()
    sweeper.join()
