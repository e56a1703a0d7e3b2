"""Quiescence on real connections, of pools and a server that know nothing of the loop."""

import asyncio
import threading
from collections.abc import Coroutine
from time import monotonic
from typing import TypeVar

import coredis
import pytest
import redis
import redis.asyncio
import valkey.asyncio
from at_server import end_connection, where

from poolproof.conformance.engines.asyncio import VirtualLoop, start
from poolproof.conformance.engines.asyncio.virtual import LOOP_START_S
from poolproof.conformance.server import Server

Result = TypeVar("Result")
Pool = redis.asyncio.ConnectionPool
Connection = redis.asyncio.Connection

POOLS = [
    redis.asyncio.ConnectionPool,
    redis.asyncio.BlockingConnectionPool,
    valkey.asyncio.ConnectionPool,
    valkey.asyncio.BlockingConnectionPool,
]


def result(loop: VirtualLoop, coroutine: Coroutine[object, object, Result]) -> Result:
    """What it returns before anything has to wait."""
    task = loop.create_task(coroutine)
    loop.run_until_quiet()
    return task.result()


def made(loop: VirtualLoop, server: Server, kind: type[Pool], **settings: object) -> Pool:
    async def make() -> Pool:
        return kind(
            **where(server),
            **settings,  # type: ignore[arg-type]  # one dict for four signatures
        )

    return result(loop, make())


async def acquire(pool: Pool) -> Connection:
    # One of the libraries wants to be told the command, the other one warns when it is told.
    words = ["ECHO"] if type(pool).__module__.startswith("valkey") else []
    connection: Connection = await pool.get_connection(*words)
    return connection


async def echo(pool: Pool, word: str) -> bytes:
    connection = await acquire(pool)
    try:
        await connection.send_command("ECHO", word)
        reply: bytes = await connection.read_response()
        return reply
    finally:
        await pool.release(connection)


@pytest.mark.parametrize("kind", POOLS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_a_pool_that_knows_nothing_of_the_loop_runs_until_it_is_done(
    loop: VirtualLoop, server: Server, kind: type[Pool]
) -> None:
    pool = made(loop, server, kind)
    tasks = [loop.create_task(echo(pool, str(number))) for number in range(5)]
    loop.run_until_quiet()
    assert [task.result() for task in tasks] == [b"0", b"1", b"2", b"3", b"4"]
    assert loop.outstanding == 0
    result(loop, pool.disconnect())
    assert loop.wires == ()


def test_a_pool_of_another_library_runs_too(loop: VirtualLoop, server: Server) -> None:
    async def use() -> list[bytes]:
        client = coredis.Redis(
            host=server.host, port=server.port, password=server.password, username=server.username
        )
        async with client:
            return list(await asyncio.gather(*(client.echo(str(n)) for n in range(5))))

    assert result(loop, use()) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_waiter_that_is_parked_is_quiet_and_its_deadline_is_exact(
    loop: VirtualLoop, server: Server
) -> None:
    pool = made(loop, server, redis.asyncio.BlockingConnectionPool, max_connections=1, timeout=20)
    held = result(loop, pool.get_connection())
    waiting = loop.create_task(pool.get_connection())
    loop.run_until_quiet()
    assert not waiting.done()
    assert loop.next_deadline_s() == LOOP_START_S + 20
    loop.advance_to(LOOP_START_S + 20)
    loop.run_until_quiet()
    assert isinstance(waiting.exception(), redis.ConnectionError)
    assert loop.time() == LOOP_START_S + 20
    result(loop, pool.release(held))
    result(loop, pool.disconnect())


@pytest.mark.parametrize("limit", ["wait_for", "timeout"])
def test_a_limit_around_a_command_comes_when_the_reply_does_not(
    loop: VirtualLoop, server: Server, limit: str
) -> None:
    async def limited() -> bytes:
        if limit == "wait_for":
            return await asyncio.wait_for(echo(pool, "late"), 0.5)
        async with asyncio.timeout(0.5):
            return await echo(pool, "late")

    pool = made(loop, server, redis.asyncio.ConnectionPool)
    assert result(loop, echo(pool, "early")) == b"early"
    loop.replies_held = True
    task = loop.create_task(limited())
    loop.run_until_quiet()
    assert loop.outstanding == 1
    assert not task.done()
    loop.advance_to(loop.time() + 0.5)
    loop.run_until_quiet()
    assert isinstance(task.exception(), TimeoutError)
    loop.replies_held = False
    loop.run_until_quiet()
    assert loop.outstanding == 0
    result(loop, pool.disconnect())


def test_replies_that_were_held_arrive_when_they_are_let_go(
    loop: VirtualLoop, server: Server
) -> None:
    pool = made(loop, server, redis.asyncio.ConnectionPool)
    result(loop, echo(pool, "early"))
    loop.replies_held = True
    task = loop.create_task(echo(pool, "word"))
    loop.run_until_quiet()
    assert not task.done()
    loop.replies_held = False
    loop.run_until_quiet()
    assert task.result() == b"word"
    result(loop, pool.disconnect())


def connecting(loop: VirtualLoop) -> list[asyncio.Task[object] | None]:
    return [held.task for held in loop.held]


def test_connects_wait_as_long_as_they_are_held(loop: VirtualLoop, server: Server) -> None:
    pool = made(loop, server, redis.asyncio.ConnectionPool)
    loop.connects_held = True
    tasks = [loop.create_task(echo(pool, word), name=word) for word in ("a", "b", "c")]
    loop.run_until_quiet()
    assert connecting(loop) == tasks
    loop.held[1].let_go()
    loop.run_until_quiet()
    assert [task.done() for task in tasks] == [False, True, False]
    tasks[0].cancel()
    loop.run_until_quiet()
    assert tasks[0].cancelled()
    assert connecting(loop) == tasks[2:]
    loop.connects_held = False
    loop.run_until_quiet()
    assert tasks[2].result() == b"c"
    assert connecting(loop) == []
    result(loop, pool.disconnect())


def test_a_connect_that_was_let_go_stays_so(loop: VirtualLoop, server: Server) -> None:
    pool = made(loop, server, redis.asyncio.ConnectionPool)
    loop.connects_held = True
    task = loop.create_task(echo(pool, "a"))
    loop.run_until_quiet()
    loop.connects_held = False
    loop.connects_held = True
    loop.run_until_quiet()
    assert task.result() == b"a"
    result(loop, pool.disconnect())


def test_a_connection_that_the_server_ends_is_noticed(loop: VirtualLoop, server: Server) -> None:
    async def identity(connection: Connection) -> int:
        await connection.send_command("CLIENT", "ID")
        return int(await connection.read_response())

    pool = made(loop, server, redis.asyncio.ConnectionPool)
    connection = result(loop, pool.get_connection())
    number = result(loop, identity(connection))
    (wire,) = loop.wires
    end_connection(server, number)
    give_up_s = monotonic() + 10
    while not wire.over and monotonic() < give_up_s:
        loop.run_until_quiet()
    assert wire.over
    result(loop, pool.release(connection))
    result(loop, pool.disconnect())


def test_a_subscription_leaves_nothing_outstanding(loop: VirtualLoop, server: Server) -> None:
    async def subscribe(connection: Connection) -> None:
        await connection.send_command("SUBSCRIBE", "a", "b")

    pool = made(loop, server, redis.asyncio.ConnectionPool)
    connection = result(loop, pool.get_connection())
    result(loop, subscribe(connection))
    assert loop.outstanding == 0
    result(loop, pool.disconnect())


def test_a_call_in_another_thread_keeps_the_loop_from_being_quiet(loop: VirtualLoop) -> None:
    go = threading.Event()
    threading.Timer(0, go.set).start()
    assert result(loop, asyncio.to_thread(go.wait, 20))


def test_the_same_program_takes_the_same_course(server: Server) -> None:
    def course() -> list[object]:
        loop = VirtualLoop()
        pool = made(
            loop, server, redis.asyncio.BlockingConnectionPool, max_connections=2, timeout=1
        )
        told: list[object] = []

        async def caller(name: str) -> None:
            for word in "xy":
                told.append((name, await echo(pool, word)))

        started = [start(loop, caller(name)) for name in "abcdefgh"]
        loop.run_until_quiet()
        told += [each.suspensions for each in started]
        told.append(loop.time())
        result(loop, pool.disconnect())
        assert loop.end() == []
        return told

    first = course()
    for _ in range(20):
        assert course() == first
