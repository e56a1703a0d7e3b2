"""A loop with a virtual clock stays certain when its connections go through a proxy."""

import asyncio
import re
from collections.abc import Coroutine, Iterator
from typing import TypeVar

import pytest
import redis
import redis.asyncio

from poolproof.conformance.engines.asyncio import VirtualLoop, Wire
from poolproof.conformance.engines.asyncio.held_replies import hold_replies
from poolproof.conformance.faults.network import Proxy
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor

Result = TypeVar("Result")
Pool = redis.asyncio.ConnectionPool


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server.host, server.port) as proxy:
        yield proxy


@pytest.fixture
def loop(proxy: Proxy) -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    assert loop.end() == []
    assert loop.unhandled == []


def run_until_quiet(loop: VirtualLoop, proxy: Proxy) -> None:
    """Until nothing can move but the clock, neither here nor in the proxy."""
    arrived: set[int] = set()
    while True:
        hold_replies(loop, proxy)
        loop.run_until_quiet()
        proxy.settle(answered=False)
        # A program that does not read what has arrived will not read it in another round either.
        before, arrived = arrived, {wire.number for wire in loop.wires if has_unread(wire)}
        if arrived <= before:
            return


def has_unread(wire: Wire) -> bool:
    if wire.held or wire.over:
        return False
    wire.fetch()
    return wire.has_arrived


def result(loop: VirtualLoop, proxy: Proxy, work: Coroutine[object, object, Result]) -> Result:
    task = loop.create_task(work)
    run_until_quiet(loop, proxy)
    return task.result()


def pool_through(loop: VirtualLoop, proxy: Proxy, server: Server) -> Pool:
    async def make() -> Pool:
        return redis.asyncio.ConnectionPool(
            host=proxy.host,
            port=proxy.port,
            username=server.username,
            password=server.password,
            socket_timeout=30,
            retry=None,
        )

    return result(loop, proxy, make())


async def echo(pool: Pool, word: str) -> bytes:
    connection = await pool.get_connection()
    try:
        await connection.send_command("ECHO", word)
        reply: bytes = await connection.read_response()
        return reply
    finally:
        await pool.release(connection)


def test_it_is_quiet_through_the_proxy_when_all_is_answered(
    loop: VirtualLoop, proxy: Proxy, server: Server
) -> None:
    pool = pool_through(loop, proxy, server)
    tasks = [loop.create_task(echo(pool, str(number))) for number in range(5)]
    run_until_quiet(loop, proxy)
    assert [task.result() for task in tasks] == [b"0", b"1", b"2", b"3", b"4"]
    assert loop.outstanding == 0
    result(loop, proxy, pool.disconnect())
    assert loop.wires == ()


def test_the_timeout_of_a_black_hole_comes_at_its_virtual_time(
    loop: VirtualLoop, proxy: Proxy, server: Server
) -> None:
    pool = pool_through(loop, proxy, server)
    assert result(loop, proxy, echo(pool, "early")) == b"early"
    proxy.swallow(*proxy.links())
    task = loop.create_task(echo(pool, "lost"))
    run_until_quiet(loop, proxy)
    assert not task.done()
    loop.advance_to(loop.time() + 30)
    run_until_quiet(loop, proxy)
    assert isinstance(task.exception(), redis.TimeoutError)
    assert result(loop, proxy, echo(pool, "again")) == b"again"
    result(loop, proxy, pool.disconnect())


def test_a_connection_made_while_connects_hang_is_quiet_until_it_is_admitted(
    loop: VirtualLoop, proxy: Proxy, server: Server
) -> None:
    pool = pool_through(loop, proxy, server)
    proxy.let_connects_hang()
    tasks = [loop.create_task(echo(pool, word)) for word in "ab"]
    run_until_quiet(loop, proxy)
    assert not any(task.done() for task in tasks)
    assert loop.outstanding > 0
    proxy.admit_connects()
    run_until_quiet(loop, proxy)
    assert [task.result() for task in tasks] == [b"a", b"b"]
    result(loop, proxy, pool.disconnect())


def test_an_idle_connection_that_was_ended_is_known_to_be_over_once_the_loop_is_quiet(
    loop: VirtualLoop, proxy: Proxy, server: Server
) -> None:
    for fault in (proxy.reset, proxy.hang_up, proxy.half_close):
        pool = pool_through(loop, proxy, server)
        assert result(loop, proxy, echo(pool, "early")) == b"early"
        (wire,) = loop.wires
        fault(*proxy.links())
        run_until_quiet(loop, proxy)
        assert wire.over
        result(loop, proxy, pool.disconnect())


def test_a_connection_that_the_server_has_closed_is_over_once_the_loop_is_quiet(
    loop: VirtualLoop, proxy: Proxy, server: Server
) -> None:
    monitor = ServerMonitor(server)
    for _ in range(20):
        pool = pool_through(loop, proxy, server)
        assert result(loop, proxy, echo(pool, "early")) == b"early"
        (wire,) = loop.wires
        (link,) = proxy.links()
        listed = str(monitor.ask("CLIENT", "LIST"))
        (number,) = re.findall(rf"id=(\d+) addr={link.server_address} ", listed)
        monitor.ask("CLIENT", "KILL", "ID", number)
        run_until_quiet(loop, proxy)
        assert wire.over
        result(loop, proxy, pool.disconnect())
    monitor.close()


@pytest.mark.parametrize("then", ["hung up", "reset"])
def test_a_caller_fails_at_once_whose_reply_ends_in_the_middle(
    loop: VirtualLoop, proxy: Proxy, server: Server, then: str
) -> None:
    pool = pool_through(loop, proxy, server)
    assert result(loop, proxy, echo(pool, "early")) == b"early"
    proxy.cut_next_reply(*proxy.links(), after=5, then=then)  # type: ignore[arg-type]  # one of its words
    task = loop.create_task(echo(pool, "word"))
    began_s = loop.time()
    run_until_quiet(loop, proxy)
    assert isinstance(task.exception(), redis.ConnectionError)
    assert loop.time() == began_s
    result(loop, proxy, pool.disconnect())


def test_a_refused_connect_fails_in_no_time(
    loop: VirtualLoop, proxy: Proxy, server: Server
) -> None:
    pool = pool_through(loop, proxy, server)
    proxy.refuse_connects()
    task = loop.create_task(echo(pool, "word"))
    run_until_quiet(loop, proxy)
    while not task.done() and (deadline_s := loop.next_deadline_s()) is not None:
        loop.advance_to(deadline_s)  # a client may try again
        run_until_quiet(loop, proxy)
    assert isinstance(task.exception(), redis.ConnectionError)
    result(loop, proxy, pool.disconnect())


def test_what_was_pushed_is_read_as_the_next_reply(
    loop: VirtualLoop, proxy: Proxy, server: Server
) -> None:
    async def send_and_read(connection: redis.asyncio.Connection, word: str) -> bytes:
        await connection.send_command("ECHO", word)
        reply: bytes = await connection.read_response()
        return reply

    pool = pool_through(loop, proxy, server)
    connection = result(loop, proxy, pool.get_connection())
    proxy.push(*proxy.links(), data=b"+theirs\r\n")
    run_until_quiet(loop, proxy)
    assert result(loop, proxy, send_and_read(connection, "mine")) == b"theirs"
    result(loop, proxy, pool.release(connection))
    result(loop, proxy, pool.disconnect())


def test_the_same_program_takes_the_same_course(server: Server) -> None:
    def course() -> list[object]:
        loop = VirtualLoop()
        told: list[object] = []
        with Proxy(server.host, server.port) as proxy:
            pool = pool_through(loop, proxy, server)

            async def caller(name: str) -> None:
                for word in "xy":
                    try:
                        told.append((name, await asyncio.wait_for(echo(pool, word), 5)))
                    except (redis.ConnectionError, TimeoutError) as error:
                        told.append((name, type(error).__name__))

            for name in "abc":
                loop.create_task(caller(name))
            proxy.let_connects_hang()
            run_until_quiet(loop, proxy)
            proxy.admit_connects()
            run_until_quiet(loop, proxy)
            proxy.swallow(*proxy.links()[:1])
            for name in "def":
                loop.create_task(caller(name))
            run_until_quiet(loop, proxy)
            loop.advance_to(loop.time() + 5)
            run_until_quiet(loop, proxy)
            told.append(loop.time())
            result(loop, proxy, pool.disconnect())
            assert loop.end() == []
        return told

    first = course()
    assert [told for told in first if isinstance(told, tuple) and told[1] == "TimeoutError"]
    for _ in range(10):
        assert course() == first
