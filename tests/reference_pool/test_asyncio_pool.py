"""The pool, over connections that need no server: what each caller gets, and when."""

import weakref
from time import monotonic

import pytest
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from poolproof.reference_pool.asyncio import ConnectionPoolTimeoutError, PoolClosedError

from .asyncio_wires import ask, outcome, wire, wires
from .inside import count_of


async def test_idle_connections_are_lent_first_in_first_out() -> None:
    pool = wires(3)
    a, b, c = [await pool.get_connection() for _ in range(3)]
    for connection in (b, a, c):
        await pool.release(connection)

    assert [b, a, c] == [await pool.get_connection() for _ in range(3)]


async def test_a_connection_is_used_again_before_another_is_opened() -> None:
    pool = wires(3)
    connections = set()
    for _ in range(5):
        async with pool.connection() as connection:
            connections.add(wire(connection))

    assert [connection.connects for connection in connections] == [1]
    assert count_of(pool) == (0, 1, 0)


@pytest.mark.parametrize("timeout_s", [0, 0.001])
async def test_an_exhausted_pool_says_so_with_its_figures_and_nothing_is_left_of_who_expired(
    timeout_s: float,
) -> None:
    pool = wires(2, timeout=timeout_s)
    connections = [await pool.get_connection() for _ in range(2)]
    for _ in range(3):
        with pytest.raises(
            ConnectionPoolTimeoutError,
            match=r"max_connections=2 in_use=2 idle=0 waiting=0.*raise max_connections or timeout",
        ):
            await pool.get_connection()

    assert count_of(pool) == (2, 0, 0)
    await pool.release(connections[0])
    assert await pool.get_connection() is connections[0]


async def test_a_caller_is_never_turned_away_early() -> None:
    pool = wires(timeout=0.03)
    await pool.get_connection()
    started = monotonic()
    with pytest.raises(ConnectionPoolTimeoutError):
        await pool.get_connection()

    assert monotonic() - started >= 0.03


async def test_waiters_get_released_connections_in_the_order_in_which_they_came() -> None:
    pool = wires()
    connection = await pool.get_connection()
    waiters = [await ask(pool) for _ in range(3)]
    for turn, waiter in enumerate(waiters):
        await pool.release(connection)

        assert await outcome(waiter) is connection
        assert not any(later.done() for later in waiters[turn + 1 :])


async def test_a_newcomer_never_overtakes_a_waiter() -> None:
    pool = wires()
    connection = await pool.get_connection()
    waiter = await ask(pool)
    pool.timeout = 0
    await pool.release(connection)
    with pytest.raises(ConnectionPoolTimeoutError):
        await pool.get_connection()

    assert await outcome(waiter) is connection


async def test_a_retry_is_set_on_all_connections() -> None:
    pool = wires(3)
    idle, held = await pool.get_connection(), await pool.get_connection()
    await pool.release(idle)
    pool.set_retry(Retry(NoBackoff(), 7))
    await pool.get_connection()
    new = await pool.get_connection()

    assert [connection.retry._retries for connection in (idle, held, new)] == [7, 7, 7]


async def test_it_counts_connections_as_redis_py_does() -> None:
    pool = wires(3)
    idle = await pool.get_connection()
    await pool.get_connection()
    await pool.release(idle)

    assert [
        (count, state["db.client.connection.state"]) for count, state in pool.get_connection_count()
    ] == [(1, "idle"), (1, "used")]


async def test_nothing_that_is_shown_carries_a_credential() -> None:
    pool = wires(timeout=0, host="localhost", port=1, username="alice", password="secret")
    shown = [repr(pool)]
    connection = await pool.get_connection()
    with pytest.raises(ConnectionPoolTimeoutError) as exhausted:
        await pool.get_connection()
    await pool.release(connection)
    with pytest.raises(ValueError, match="once") as refused:
        await pool.release(connection)
    await pool.aclose()
    with pytest.raises(PoolClosedError) as closed:
        await pool.get_connection()
    shown += [str(error.value) for error in (exhausted, refused, closed)]

    assert "host=localhost port=1 db=0 max_connections=1 in_use=0 idle=0 waiting=0" in shown[0]
    assert not [text for text in shown if "alice" in text or "secret" in text]


async def test_a_pool_that_nobody_has_any_more_is_gone_without_a_collector() -> None:
    pool = wires()
    async with pool.connection():
        pass
    gone = weakref.ref(pool)
    del pool

    assert gone() is None
