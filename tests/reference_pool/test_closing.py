"""Closing ends everything and disconnecting keeps the slots, over connections that need no server."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from poolproof.reference_pool import ConnectionPool, ConnectionPoolTimeoutError, PoolClosedError

from . import PATIENCE_S
from .inside import count_of
from .wires import Wire, ask, wires


def test_closing_tells_every_waiter(threads: ThreadPoolExecutor) -> None:
    pool = wires(timeout=None)
    pool.get_connection()
    futures = [ask(threads, pool) for _ in range(3)]
    pool.close()

    assert all(isinstance(future.exception(PATIENCE_S), PoolClosedError) for future in futures)


def test_closing_disconnects_idle_connections_now_and_held_ones_when_released() -> None:
    pool = wires(2)
    idle, held = pool.get_connection(), pool.get_connection()
    pool.release(idle)
    pool.close()

    assert (idle._sock is None, held._sock is None) == (True, False)
    pool.release(held)
    assert held._sock is None
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

    assert connection._sock is None
    with pytest.raises(PoolClosedError):
        pool.get_connection()


@pytest.mark.parametrize("inuse_connections", [True, False])
def test_disconnecting_keeps_the_pool_and_its_slots(inuse_connections: bool) -> None:
    pool = wires(2, timeout=0)
    idle, held = pool.get_connection(), pool.get_connection()
    pool.release(idle)
    pool.disconnect(inuse_connections)

    assert (True, inuse_connections) == (idle._sock is None, held._sock is None)
    pool.release(held)
    assert [pool.get_connection()._sock is not None for _ in range(2)] == [True, True]
    with pytest.raises(ConnectionPoolTimeoutError):
        pool.get_connection()


def test_new_credentials_end_the_connections_made_with_the_old() -> None:
    pool = wires(2)
    idle, held = pool.get_connection(), pool.get_connection()
    pool.release(idle)
    pool.re_auth_callback("token")

    assert (idle._sock is None, held._sock is None) == (True, False)
    pool.release(held)
    assert held._sock is None
    assert pool.get_connection() is held
    pool.release(held)
    assert held._sock is not None


def test_a_connection_that_cannot_be_closed_keeps_no_other_from_being_closed() -> None:
    class Stubborn(Wire):
        def disconnect(self, *_: object, **__: object) -> None:
            super().disconnect()
            if closing:
                raise OSError("closed, but not in order")

    closing: list[str] = []
    for ending in ("disconnect", "close"):
        pool = ConnectionPool(max_connections=2, timeout=0, connection_class=Stubborn)
        connections = [pool.get_connection() for _ in range(2)]
        for connection in connections:
            pool.release(connection)
        closing.append(ending)
        with pytest.raises(OSError, match="not in order"):
            getattr(pool, ending)()
        closing.clear()

        assert [connection._sock for connection in connections] == [None, None]
        if ending == "disconnect":
            assert len({pool.get_connection() for _ in range(2)}) == 2
