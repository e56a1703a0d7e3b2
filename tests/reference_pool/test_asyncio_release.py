"""What a release does, of whatever and from wherever, over connections that need no server."""

import asyncio
from asyncio import create_task
from functools import partial
from typing import Literal

import pytest

from poolproof.reference_pool.asyncio.slot import Slot
from poolproof.reference_pool.asyncio.waiter import Waiter

from . import PATIENCE_S
from .asyncio_wires import wire, wires
from .finalizers import Collected, Holder, drop
from .inside import count_of


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
async def test_a_with_block_releases_on_every_way_out(error: type[BaseException]) -> None:
    pool = wires()
    with pytest.raises(error):
        async with pool.connection():
            raise error

    assert count_of(pool) == (0, 1, 0)


@pytest.mark.parametrize("others", [0, 1])
async def test_a_second_release_is_refused_and_changes_nothing(others: int) -> None:
    pool = wires(2)
    connection = await pool.get_connection()
    for _ in range(others):
        await pool.get_connection()
    await pool.release(connection)
    before = count_of(pool)
    with pytest.raises(ValueError, match="release every connection once"):
        await pool.release(connection)

    assert before == count_of(pool)


async def test_a_connection_of_another_pool_is_refused() -> None:
    pool, other = wires(), wires()
    connection = await other.get_connection()
    with pytest.raises(ValueError, match="to the pool that it came from"):
        await pool.release(connection)

    assert count_of(pool) == (0, 0, 0)


async def test_a_release_that_nobody_awaits_is_done() -> None:
    pool = wires()
    pool.release(await pool.get_connection())

    assert count_of(pool) == (0, 1, 0)


async def test_a_release_whose_task_is_cancelled_before_it_begins_is_done() -> None:
    pool = wires()
    task = create_task(pool.release(await pool.get_connection()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert count_of(pool) == (0, 1, 0)


async def test_a_task_that_is_being_cancelled_releases_without_suspending() -> None:
    pool = wires()
    connection = await pool.get_connection()
    went_on = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await pool.release(connection)
        went_on.append(True)

    with pytest.raises(asyncio.CancelledError):
        await create_task(work())

    assert went_on
    assert count_of(pool) == (0, 1, 0)


async def test_what_release_returns_is_like_any_coroutine() -> None:
    pool = wires(5)
    a, b, c, d, e = [await pool.get_connection() for _ in range(5)]
    await asyncio.shield(pool.release(a))
    await asyncio.wait_for(pool.release(b), PATIENCE_S)
    await asyncio.gather(pool.release(c), pool.release(d))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(pool.release(e))
        repr(task)

    assert count_of(pool) == (0, 5, 0)


async def test_a_connection_that_its_holder_disconnected_keeps_its_slot() -> None:
    pool = wires(timeout=0)
    connection = await pool.get_connection()
    await connection.disconnect()
    await pool.release(connection)

    assert wire(await pool.get_connection()).is_connected


async def test_a_connection_marked_for_reconnection_is_disconnected_when_released() -> None:
    pool = wires(timeout=0)
    connection = wire(await pool.get_connection())
    connection._should_reconnect = True  # as mark_for_reconnect() does
    pool.release(connection)

    assert (connection.is_connected, connection.line.closed) == (False, True)
    assert wire(await pool.get_connection()).is_connected


@pytest.mark.parametrize("collect", ["reference count", "garbage collector"])
async def test_a_finalizer_may_release_inside_the_pool(
    collect: Collected,
) -> None:
    pool = wires()
    holders = [Holder(partial(pool.release, await pool.get_connection()))]
    with pool._lock:
        drop(holders, collect)

    assert count_of(pool) == (0, 1, 0)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_is_released_inside_the_pool_reaches_who_waits(
    monkeypatch: pytest.MonkeyPatch, when: Literal["before", "after"]
) -> None:
    pool = wires()
    holders = [Holder(partial(pool.release, await pool.get_connection()))]
    join = pool._queues.join

    def drop_and_join(waiter: Waiter[Slot]) -> None:
        if when == "before":
            holders.clear()
        join(waiter)
        holders.clear()

    monkeypatch.setattr(pool._queues, "join", drop_and_join)
    await pool.get_connection()

    assert count_of(pool) == (1, 0, 0)


async def test_a_release_without_a_loop_is_done() -> None:
    pool = wires()
    connection = await pool.get_connection()
    await asyncio.get_running_loop().run_in_executor(None, pool.release, connection)

    assert count_of(pool) == (0, 1, 0)
