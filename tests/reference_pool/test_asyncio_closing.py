"""Closing ends everything and disconnecting keeps the slots, over connections that need no server."""

import pytest

from poolproof.reference_pool.asyncio import ConnectionPoolTimeoutError, PoolClosedError

from .asyncio_wires import ask, is_open, outcome, wires
from .inside import count_of


async def test_closing_tells_every_waiter() -> None:
    pool = wires(timeout=None)
    await pool.get_connection()
    waiters = [await ask(pool) for _ in range(3)]
    await pool.aclose()
    for waiter in waiters:
        with pytest.raises(PoolClosedError, match="make a new pool"):
            await outcome(waiter)

    assert count_of(pool) == (1, 0, 0)


async def test_closing_disconnects_idle_connections_now_and_held_ones_when_released() -> None:
    pool = wires(2)
    idle, held = await pool.get_connection(), await pool.get_connection()
    await pool.release(idle)
    await pool.close()

    assert (is_open(idle), is_open(held)) == (False, True)
    await pool.release(held)
    assert not is_open(held)
    assert count_of(pool) == (0, 0, 0)


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

    assert not is_open(connection)
    with pytest.raises(PoolClosedError):
        await pool.get_connection()


@pytest.mark.parametrize("inuse_connections", [True, False])
async def test_disconnecting_keeps_the_pool_and_its_slots(inuse_connections: bool) -> None:
    pool = wires(2, timeout=0)
    idle, held = await pool.get_connection(), await pool.get_connection()
    await pool.release(idle)
    await pool.disconnect(inuse_connections)

    assert (False, not inuse_connections) == (is_open(idle), is_open(held))
    await pool.release(held)
    assert [is_open(await pool.get_connection()) for _ in range(2)] == [True, True]
    with pytest.raises(ConnectionPoolTimeoutError):
        await pool.get_connection()
