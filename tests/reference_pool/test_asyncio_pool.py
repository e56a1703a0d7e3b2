"""The pool for asyncio, over connections that need no server: what each task gets, and when."""

import asyncio
import weakref
from asyncio import create_task
from collections.abc import Coroutine
from typing import cast

import pytest
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from poolproof.reference_pool.asyncio import ConnectionPoolTimeoutError, PoolClosedError

from .asyncio_wires import Wire, ask, until, wire, wires
from .inside import count_of, waiting


def at_once(coroutine: Coroutine[object, None, AbstractConnection]) -> AbstractConnection:
    """What the coroutine returns without ever awaiting anything."""
    try:
        coroutine.send(None)
    except StopIteration as returned:
        return cast("AbstractConnection", returned.value)
    coroutine.close()
    raise AssertionError("it suspended")


async def test_idle_connections_are_lent_first_in_first_out() -> None:
    pool = wires(3)
    a, b, c = [await pool.get_connection() for _ in range(3)]
    for connection in (b, a, c):
        await pool.release(connection)

    assert [b, a, c] == [await pool.get_connection() for _ in range(3)]


async def test_an_idle_connection_is_lent_without_suspending() -> None:
    pool = wires()
    connection = await pool.get_connection()
    await pool.release(connection)

    assert at_once(pool.get_connection()) is connection


async def test_a_connection_is_used_again_before_another_is_opened() -> None:
    pool = wires(3)
    connections = set()
    for _ in range(5):
        async with pool.connection() as connection:
            connections.add(wire(connection))

    assert [connection.connects for connection in connections] == [1]
    assert count_of(pool) == (0, 1, 0)


async def test_no_more_connections_are_opened_than_allowed_while_others_connect() -> None:
    pool = wires(2)
    tasks = [create_task(pool.get_connection()) for _ in range(5)]
    await until(waiting(pool, 3))

    assert count_of(pool) == (2, 0, 3)
    for task in tasks:
        await pool.release(await task)
    assert count_of(pool) == (0, 2, 0)


@pytest.mark.parametrize("timeout_s", [0, 0.001])
async def test_an_exhausted_pool_says_so_with_its_figures(timeout_s: float) -> None:
    pool = wires(2, timeout=timeout_s)
    connections = [await pool.get_connection() for _ in range(2)]
    with pytest.raises(
        ConnectionPoolTimeoutError,
        match=r"max_connections=2 in_use=2 idle=0 waiting=0.*raise max_connections or timeout",
    ):
        await pool.get_connection()

    assert count_of(pool) == (2, 0, 0)
    await pool.release(connections[0])
    assert at_once(pool.get_connection()) is connections[0]


async def test_without_time_to_wait_nobody_suspends() -> None:
    pool = wires(timeout=0)
    await pool.get_connection()
    with pytest.raises(ConnectionPoolTimeoutError):
        at_once(pool.get_connection())


async def test_a_caller_is_never_turned_away_early() -> None:
    pool = wires(timeout=0.03)
    await pool.get_connection()
    time = asyncio.get_running_loop().time
    started = time()
    with pytest.raises(ConnectionPoolTimeoutError):
        await pool.get_connection()

    assert time() - started >= 0.03


async def test_time_spent_connecting_is_not_time_waited() -> None:
    pool = wires(timeout=0)

    assert wire(await pool.get_connection()).connects == 1


async def test_waiters_get_released_connections_in_the_order_in_which_they_came() -> None:
    pool = wires()
    connection = await pool.get_connection()
    tasks = [await ask(pool) for _ in range(3)]
    for turn, task in enumerate(tasks):
        await pool.release(connection)

        assert await task is connection
        assert not any(later.done() for later in tasks[turn + 1 :])


async def test_a_newcomer_never_overtakes_a_waiter() -> None:
    pool = wires()
    connection = await pool.get_connection()
    waiter = await ask(pool)
    pool.timeout = 0
    await pool.release(connection)
    with pytest.raises(ConnectionPoolTimeoutError):
        at_once(pool.get_connection())

    assert await waiter is connection


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


def test_a_pool_made_outside_a_loop_works_in_one_after_another() -> None:
    pool = wires(timeout=0)

    async def use() -> Wire:
        async with pool.connection() as connection:
            return wire(connection)

    first, second = asyncio.run(use()), asyncio.run(use())

    assert first is not second
    assert (first.line.closed, second.line.closed) == (True, False)


def test_a_waiter_that_died_with_its_loop_is_passed_over() -> None:
    pool = wires(timeout=0)
    held = asyncio.run(pool.get_connection())
    pool.timeout = None
    loop = asyncio.new_event_loop()
    stranded = loop.create_task(pool.get_connection())
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()

    assert count_of(pool) == (1, 0, 1)
    pool.release(held)
    assert count_of(pool) == (0, 1, 0)
    assert not stranded.done()
    stranded._log_destroy_pending = False  # type: ignore[attr-defined]  # its loss is the point
