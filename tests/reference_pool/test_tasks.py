"""What only the pool for asyncio promises: nothing suspends without need, and loops come and go."""

import asyncio
from asyncio import create_task
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import cast

import pytest
from redis.asyncio.connection import AbstractConnection

from poolproof.conformance.server import Server
from poolproof.reference_pool.asyncio import ConnectionPoolTimeoutError, PoolClosedError

from . import PATIENCE_S
from .asyncio_wires import Wire, until, wire, wires
from .finalizers import Collected, Holder, drop
from .inside import count_of, waiting
from .test_asyncio_client import client_at


def at_once(coroutine: Coroutine[object, None, AbstractConnection]) -> AbstractConnection:
    """What the coroutine returns without ever awaiting anything."""
    try:
        coroutine.send(None)
    except StopIteration as returned:
        return cast("AbstractConnection", returned.value)
    coroutine.close()
    raise AssertionError("it suspended")


async def test_an_idle_connection_is_lent_without_suspending_though_somebody_has_expired() -> None:
    pool = wires(timeout=0.001)
    connection = await pool.get_connection()
    with pytest.raises(ConnectionPoolTimeoutError):
        await pool.get_connection()
    await pool.release(connection)

    assert at_once(pool.get_connection()) is connection


async def test_no_more_connections_are_opened_than_allowed_while_others_connect() -> None:
    pool = wires(2)
    tasks = [create_task(pool.get_connection()) for _ in range(5)]
    await until(waiting(pool, 3))

    assert count_of(pool) == (2, 0, 3)
    for task in tasks:
        await pool.release(await task)
    assert count_of(pool) == (0, 2, 0)


async def test_without_time_to_wait_nobody_suspends() -> None:
    pool = wires(timeout=0)
    await pool.get_connection()
    with pytest.raises(ConnectionPoolTimeoutError):
        at_once(pool.get_connection())


async def test_time_spent_connecting_is_not_time_waited() -> None:
    pool = wires(timeout=0)

    assert wire(await pool.get_connection()).connects == 1


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


async def test_a_release_without_a_loop_is_done() -> None:
    pool = wires()
    connection = await pool.get_connection()
    await asyncio.get_running_loop().run_in_executor(None, pool.release, connection)

    assert count_of(pool) == (0, 1, 0)


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


PROTOCOLS = pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])


@PROTOCOLS
async def test_many_tasks_read_their_own_replies(server: Server, protocol: int) -> None:
    async with client_at(server, protocol) as (client, pool):
        pool.timeout = PATIENCE_S

        async def work(number: int) -> list[bytes]:
            words = [f"{number}-{turn}".encode() for turn in range(20)]
            return [word for word in words if await client.echo(word) != word]

        assert await asyncio.gather(*map(work, range(100))) == [[]] * 100


@PROTOCOLS
async def test_cancelled_commands_leave_no_reply_to_others(server: Server, protocol: int) -> None:
    async with client_at(server, protocol) as (client, pool):
        pool.timeout = PATIENCE_S

        async def work(number: int) -> bool:
            word = f"{number}".encode()
            return await client.echo(word) == word

        tasks = [asyncio.create_task(work(number)) for number in range(100)]
        # Once the first has its reply, others have sent theirs, and others wait or connect.
        await tasks[0]
        for task in tasks[1::3]:
            task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)

        assert [answer for answer in answers if answer is False] == []
        assert sum(answer is True for answer in answers) >= 67
