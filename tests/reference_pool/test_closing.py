# Made by `make twins` from test_asyncio_closing.py: change that instead.
"""Closing ends everything and disconnecting keeps the slots, over connections that need no server."""

import pytest

from poolproof.reference_pool import ConnectionPoolTimeoutError, PoolClosedError

from .inside import count_of
from .wires import ask, is_open, outcome, wires


def test_closing_tells_every_waiter() -> None:
    pool = wires(timeout=None)
    pool.get_connection()
    waiters = [ask(pool) for _ in range(3)]
    pool.close()
    for waiter in waiters:
        with pytest.raises(PoolClosedError, match="make a new pool"):
            outcome(waiter)

    assert count_of(pool) == (1, 0, 0)


def test_closing_disconnects_idle_connections_now_and_held_ones_when_released() -> None:
    pool = wires(2)
    idle, held = pool.get_connection(), pool.get_connection()
    pool.release(idle)
    pool.close()

    assert (is_open(idle), is_open(held)) == (False, True)
    pool.release(held)
    assert not is_open(held)
    assert count_of(pool) == (0, 0, 0)


def test_a_closed_pool_stays_closed() -> None:
    pool = wires()
    pool.close()
    pool.close()
    pool.disconnect()
    pool.reset()
    with pytest.raises(PoolClosedError, match="make a new pool"):
        pool.get_connection()


def test_a_pool_is_closed_at_the_end_of_its_block() -> None:
    with wires() as pool, pool.connection() as connection:
        pass

    assert not is_open(connection)
    with pytest.raises(PoolClosedError):
        pool.get_connection()


@pytest.mark.parametrize("inuse_connections", [True, False])
def test_disconnecting_keeps_the_pool_and_its_slots(inuse_connections: bool) -> None:
    pool = wires(2, timeout=0)
    idle, held = pool.get_connection(), pool.get_connection()
    pool.release(idle)
    pool.disconnect(inuse_connections)

    assert (False, not inuse_connections) == (is_open(idle), is_open(held))
    pool.release(held)
    assert [is_open(pool.get_connection()) for _ in range(2)] == [True, True]
    with pytest.raises(ConnectionPoolTimeoutError):
        pool.get_connection()
