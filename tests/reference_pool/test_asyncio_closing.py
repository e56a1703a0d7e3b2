"""Closing ends everything and disconnecting keeps the slots, over connections that need no server."""

import asyncio
from asyncio import create_task
from contextlib import suppress

import pytest

from poolproof.reference_pool.asyncio import ConnectionPoolTimeoutError, PoolClosedError

from .asyncio_wires import ask, until, wire, wires
from .inside import count_of


async def test_closing_tells_every_waiter() -> None:
    pool = wires(timeout=None)
    await pool.get_connection()
    tasks = [await ask(pool) for _ in range(3)]
    await pool.aclose()
    for task in tasks:
        with pytest.raises(PoolClosedError, match="make a new pool"):
            await task

    assert count_of(pool) == (1, 0, 0)


async def test_closing_disconnects_idle_connections_now_and_held_ones_when_released() -> None:
    pool = wires(2)
    idle, held = wire(await pool.get_connection()), wire(await pool.get_connection())
    await pool.release(idle)
    await pool.close()

    assert (idle.line.closed, held.line.closed) == (True, False)
    pool.release(held)
    assert (held.line.closed, held.is_connected) == (True, False)
    assert count_of(pool) == (0, 0, 0)


async def test_a_pool_closed_while_a_caller_connects_keeps_nothing_open() -> None:
    pool = wires()
    task = create_task(pool.get_connection())
    await until(lambda: pool._queues.in_use == 1)
    await pool.aclose()
    connection = None
    with suppress(PoolClosedError):
        connection = wire(await task)
        await pool.release(connection)

    assert connection is None or connection.line.closed
    assert count_of(pool) == (0, 0, 0)


async def test_closing_is_done_although_its_task_is_cancelled() -> None:
    pool = wires()
    async with pool.connection() as connection:
        pass
    task = create_task(pool.aclose())
    await until(lambda: pool._queues.closed)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert wire(connection).line.closed
    with pytest.raises(PoolClosedError):
        await pool.get_connection()


async def test_a_closed_pool_stays_closed() -> None:
    pool = wires()
    await pool.aclose()
    await pool.aclose()
    await pool.disconnect()
    pool.reset()
    with pytest.raises(PoolClosedError, match="make a new pool"):
        await pool.get_connection()


async def test_a_pool_is_closed_at_the_end_of_its_block() -> None:
    async with wires() as pool, pool.connection() as connection:
        pass

    assert wire(connection).line.closed
    with pytest.raises(PoolClosedError):
        await pool.get_connection()


@pytest.mark.parametrize("inuse_connections", [True, False])
async def test_disconnecting_keeps_the_pool_and_its_slots(inuse_connections: bool) -> None:
    pool = wires(2, timeout=0)
    idle, held = wire(await pool.get_connection()), wire(await pool.get_connection())
    await pool.release(idle)
    await pool.disconnect(inuse_connections)

    assert (True, inuse_connections) == (idle.line.closed, held.line.closed)
    await pool.release(held)
    assert [wire(await pool.get_connection()).is_connected for _ in range(2)] == [True, True]
    with pytest.raises(ConnectionPoolTimeoutError):
        await pool.get_connection()


async def test_new_credentials_end_the_connections_made_with_the_old() -> None:
    pool = wires(2)
    idle, held = wire(await pool.get_connection()), wire(await pool.get_connection())
    await pool.release(idle)
    await pool.re_auth_callback("token")

    assert (idle.line.closed, held.line.closed) == (True, False)
    await pool.release(held)
    assert held.line.closed
    new = await pool.get_connection()
    await pool.release(new)
    assert not wire(new).line.closed
