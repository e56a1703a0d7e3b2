"""Threads use a pool of asyncio through a facade, which leaves nothing behind."""

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from poolproof.conformance.adapters.adapter import AsyncAdapter
from poolproof.conformance.adapters.facade import Facade, usable_by_threads
from poolproof.conformance.adapters.redis_interface import RedisInterface
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.isolation.call_with_timeout import (
    OVERDUE_S,
    NeverReturned,
    call_with_timeout,
    error_of,
)
from poolproof.conformance.isolation.run_in_fork import run_in_fork
from poolproof.spec import Capability

SETTINGS = PoolSettings("localhost", 6379, 0)


class Meeting(AsyncAdapter[object, object]):
    """One that has nothing to do with Redis. Whoever acquires waits until somebody has released."""

    def __init__(self) -> None:
        self.loops: set[asyncio.AbstractEventLoop] = set()
        self.happened: list[str] = []
        self.tasks: list[object] = []
        self.released = asyncio.Event()

    def note_where(self) -> None:
        self.loops.add(asyncio.get_running_loop())
        self.tasks.append(asyncio.current_task())

    async def open(self, settings: PoolSettings) -> object:
        self.note_where()
        return settings.host

    async def acquire(self, pool: object) -> object:
        self.note_where()
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.happened.append("cancelled")
            raise
        return "connection"

    async def release(self, pool: object, connection: object) -> None:
        self.note_where()
        self.happened.append(f"released {connection}")
        self.released.set()

    async def send(self, connection: object, *words: str | float) -> None:
        self.note_where()

    async def receive(self, connection: object) -> object:
        self.note_where()
        return f"reply of {connection}"

    async def disconnect(self, connection: object) -> None:
        self.note_where()

    async def close(self, pool: object) -> None:
        self.note_where()
        self.happened.append("closed")

    def offers(self, pool: object) -> frozenset[Capability]:
        return frozenset({Capability.CONTEXT_MANAGER})

    def block(self, pool: object) -> AbstractAsyncContextManager[object]:
        return self.hold(pool)

    @asynccontextmanager
    async def hold(self, pool: object) -> AsyncIterator[object]:
        self.note_where()
        try:
            yield "connection"
        except KeyError:
            self.happened.append("held back")
        finally:
            self.note_where()


@pytest.fixture
def adapter() -> Meeting:
    return Meeting()


@pytest.fixture
def facade(adapter: Meeting) -> Iterator[Facade]:
    threads = set(threading.enumerate())
    facade = Facade(adapter)
    yield facade
    facade.end()
    gc.collect()  # what was left open warns
    assert all(loop.is_closed() for loop in adapter.loops)
    assert set(threading.enumerate()) == threads


def test_every_call_is_passed_on(facade: Facade, adapter: Meeting) -> None:
    pool = facade.open(SETTINGS)
    facade.release(pool, "what was taken")
    connection = facade.acquire(pool)
    facade.send(connection, "PING")
    assert facade.receive(connection) == "reply of connection"
    facade.disconnect(connection)
    facade.close(pool)

    assert adapter.happened == ["released what was taken", "closed"]
    assert facade.offers(pool) == {Capability.CONTEXT_MANAGER}
    assert len(adapter.tasks) == 7


def test_all_threads_use_one_loop_and_none_keeps_another_waiting(
    facade: Facade, adapter: Meeting
) -> None:
    pool = facade.open(SETTINGS)
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(facade.acquire, pool) for _ in range(2)]
        threads.submit(facade.release, pool, "another")
        assert [acquired.result(OVERDUE_S) for acquired in waiting] == ["connection"] * 2

    assert len(adapter.loops) == 1


@pytest.mark.parametrize(
    "raised",
    [ValueError("no"), asyncio.CancelledError("no"), SystemExit("no"), KeyboardInterrupt("no")],
    ids=lambda raised: type(raised).__name__,
)
def test_what_a_call_raises_is_raised_as_it_is_and_the_loop_goes_on(
    facade: Facade, adapter: Meeting, raised: BaseException
) -> None:
    async def call() -> None:
        raise raised

    assert error_of(lambda: facade.run(call)) is raised
    assert facade.open(SETTINGS) == "localhost"


def test_a_call_that_never_returns_is_cancelled_at_the_end(
    facade: Facade, adapter: Meeting
) -> None:
    pool = facade.open(SETTINGS)
    with pytest.raises(NeverReturned):
        call_with_timeout(lambda: facade.acquire(pool), bound_s=0.1)

    facade.end()

    assert adapter.happened == ["cancelled"]


def test_nothing_can_be_called_after_the_end(facade: Facade) -> None:
    facade.open(SETTINGS)
    facade.end()
    facade.end()

    with pytest.raises(NeverReturned, match="the event loop has ended"):
        facade.open(SETTINGS)


def test_a_loop_that_the_pool_holds_up_is_left_behind(adapter: Meeting) -> None:
    go_on = threading.Event()
    threads_before = set(threading.enumerate())
    facade = Facade(adapter)
    with ThreadPoolExecutor(2) as threads:
        facade.open(SETTINGS)

        async def hold_up() -> None:
            go_on.wait()

        held_up = threads.submit(facade.run, hold_up)
        stuck = threads.submit(facade.open, SETTINGS)

        assert error_of(facade.end) is None

        for call in (held_up, stuck):
            assert isinstance(call.exception(OVERDUE_S), NeverReturned)
        go_on.set()
    for thread in set(threading.enumerate()) - threads_before:
        thread.join(OVERDUE_S)
    gc.collect()
    assert all(loop.is_closed() for loop in adapter.loops)


def test_callers_are_told_when_a_task_of_the_pool_ends_the_loop(facade: Facade) -> None:
    pool = facade.open(SETTINGS)

    async def leave() -> None:
        raise SystemExit

    async def start_and_wait() -> None:
        leaving = asyncio.create_task(leave())
        await asyncio.Event().wait()
        await leaving

    for call in (lambda: facade.run(start_and_wait), lambda: facade.acquire(pool)):
        with pytest.raises(NeverReturned):
            call_with_timeout(call)


def test_a_forked_child_has_a_loop_of_its_own(facade: Facade, adapter: Meeting) -> None:
    pool = facade.open(SETTINGS)
    [parents_loop] = adapter.loops

    def in_the_child() -> dict[str, object]:
        facade.open(SETTINGS)
        return {"process": os.getpid(), "loops": len(adapter.loops)}

    child = run_in_fork(in_the_child)

    assert child["process"] != os.getpid()
    assert child["loops"] == 2
    facade.close(pool)
    assert adapter.loops == {parents_loop}


def test_a_facade_that_was_not_used_before_the_fork_works_in_the_child(facade: Facade) -> None:
    assert run_in_fork(lambda: {"pool": facade.open(SETTINGS)}) == {"pool": "localhost"}


def test_a_block_is_entered_and_left_by_one_task(facade: Facade, adapter: Meeting) -> None:
    pool = facade.open(SETTINGS)
    with facade.block(pool) as connection:
        assert connection == "connection"

    entered, left = adapter.tasks[1:]
    assert entered is left


def test_what_is_raised_in_a_block_goes_through_the_block_of_the_pool(
    facade: Facade, adapter: Meeting
) -> None:
    pool = facade.open(SETTINGS)
    raised = ValueError("no")
    with pytest.raises(ValueError, match="no") as seen, facade.block(pool):
        raise raised
    assert seen.value is raised

    with facade.block(pool):
        dict[str, str]().pop("what is not there")
    assert adapter.happened == ["held back"]


def test_a_block_that_cannot_be_entered_says_why() -> None:
    class Blockless(Meeting):
        def block(self, pool: object) -> AbstractAsyncContextManager[object]:
            raise AttributeError("connection")

    with (
        usable_by_threads(Blockless()) as facade,
        pytest.raises(AttributeError, match="connection"),
        facade.block([]),
    ):
        pytest.fail("there is no block to be in")


def test_an_adapter_for_threads_needs_no_facade() -> None:
    adapter = RedisInterface(list)
    with usable_by_threads(adapter) as usable:
        assert usable is adapter


def test_a_facade_that_is_never_used_starts_nothing(adapter: Meeting) -> None:
    threads = threading.active_count()
    with usable_by_threads(adapter) as usable:
        assert isinstance(usable, Facade)
        assert threading.active_count() == threads


def test_a_facade_ends_with_its_use(adapter: Meeting) -> None:
    with usable_by_threads(adapter) as usable:
        usable.open(SETTINGS)

    assert all(loop.is_closed() for loop in adapter.loops)
    with pytest.raises(NeverReturned):
        usable.open(SETTINGS)
