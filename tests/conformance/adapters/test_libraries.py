"""The adapters that come with the kit do to the pools of their libraries what users do."""

import ast
import asyncio
import inspect
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import replace
from secrets import token_hex
from time import monotonic

import pytest
import redis
import sqlalchemy.exc
from at_server import connections_named

from poolproof.conformance.adapters.adapter import (
    AnyAdapter,
    AnyAsyncAdapter,
    PoolSettings,
    uses_asyncio,
    uses_threads,
)
from poolproof.conformance.adapters.load import load_target
from poolproof.conformance.adapters.names import SHORT_NAMES
from poolproof.conformance.server import Server
from poolproof.spec import Capability

LINES = 20
"""How many lines of code the adapter of a library may have that does not speak redis-py's interface."""

PATIENCE_S = 10.0
"""Longer than anything takes here that is not broken."""

BRIEF_S = 1.0
"""A timeout that is to pass. What comes first, such as a connect, must not take as long."""


@pytest.mark.parametrize("name", SHORT_NAMES)
def test_an_adapter_is_short(name: str) -> None:
    adapter = type(load_target(name))
    [tree] = ast.parse(inspect.getsource(adapter)).body
    comments = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(node)
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    lines = inspect.getsource(adapter).splitlines()
    code = [
        line
        for number, line in enumerate(lines, start=1)
        if number not in comments and line.strip() and not line.strip().startswith("#")
    ]

    assert 10 < len(code) <= LINES


class Used:
    """A pool as its users use it, whoever they are: a task's calls are made on one loop."""

    def __init__(
        self,
        adapter: AnyAdapter | AnyAsyncAdapter,
        settings: PoolSettings,
        runner: asyncio.Runner,
    ) -> None:
        self.adapter = adapter
        self.runner = runner
        self.pool = self._call(adapter.open, settings)
        self.holding: list[object] = []

    def acquire(self) -> object:
        connection = self._call(self.adapter.acquire, self.pool)
        # Some libraries release a connection that nobody refers to any more.
        self.holding.append(connection)
        return connection

    def release(self, connection: object) -> None:
        self._call(self.adapter.release, self.pool, connection)

    def disconnect(self, connection: object) -> None:
        self._call(self.adapter.disconnect, connection)

    def close(self) -> None:
        self._call(self.adapter.close, self.pool)

    def ask(self, connection: object, *words: str) -> object:
        self._call(self.adapter.send, connection, *words)
        return self._call(self.adapter.receive, connection)

    def number(self, connection: object) -> object:
        return self.ask(connection, "CLIENT", "ID")

    def number_in_block(self, leave_by: BaseException | None = None) -> object:
        """The number of a connection that was held for the length of a block."""
        block = self.adapter.block(self.pool)
        if isinstance(block, AbstractContextManager):
            with block as connection:
                number = self.number(connection)
                if leave_by is not None:
                    raise leave_by
                return number
        return self._call(self._number_in_async_block, block, leave_by)

    async def _number_in_async_block(
        self, block: AbstractAsyncContextManager[object], leave_by: BaseException | None
    ) -> object:
        assert uses_asyncio(self.adapter)
        async with block as connection:
            await self.adapter.send(connection, "CLIENT", "ID")
            number = await self.adapter.receive(connection)
            if leave_by is not None:
                raise leave_by
            return number

    def until_seen(self, wanted: set[int], server: Server, settings: PoolSettings) -> set[int]:
        """What the server sees when it has heard of every close, of which nothing tells us."""
        give_up_s = monotonic() + PATIENCE_S
        while (found := seen(server, settings)) != wanted and monotonic() < give_up_s:
            self.runner.run(asyncio.sleep(0.01))
        return found

    def _call(self, method: Callable[..., object], *arguments: object) -> object:
        result = method(*arguments)
        return self.runner.run(result) if inspect.iscoroutine(result) else result


@pytest.fixture(params=SHORT_NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(name: str, settings: PoolSettings) -> PoolSettings:
    takes = {"socket_timeout"} if name == "dbutils" else {"timeout", "socket_timeout"}
    return replace(settings, timeout=PATIENCE_S, takes=frozenset(takes))


Open = Callable[..., Used]


@pytest.fixture
def open_pool(name: str, settings: PoolSettings) -> Iterator[Open]:
    opened: list[Used] = []
    with asyncio.Runner() as runner:

        def open_pool(**changes: object) -> Used:
            changed = replace(settings, **changes)  # type: ignore[arg-type]  # the tests see to it
            opened.append(Used(load_target(name), changed, runner))
            return opened[-1]

        yield open_pool
        for pool in opened:
            pool.close()


@pytest.fixture
def pool(open_pool: Open) -> Used:
    return open_pool()


def seen(server: Server, settings: PoolSettings) -> set[int]:
    """The connections of the pool that the server sees."""
    return connections_named(server, settings.client_name)


def test_the_server_sees_the_connections_under_the_client_name(
    pool: Used, server: Server, settings: PoolSettings
) -> None:
    numbers = {pool.number(pool.acquire()), pool.number(pool.acquire())}

    assert len(numbers) == 2
    assert seen(server, settings) == numbers


def test_nothing_is_connected_before_it_is_asked_for(
    pool: Used, server: Server, settings: PoolSettings
) -> None:
    assert seen(server, settings) == set()

    pool.acquire()

    assert len(seen(server, settings)) == 1


def test_a_released_connection_is_used_again(
    pool: Used, server: Server, settings: PoolSettings
) -> None:
    connection = pool.acquire()
    number = pool.number(connection)
    pool.release(connection)

    assert pool.number(pool.acquire()) == number
    assert seen(server, settings) == {number}


def test_replies_come_in_the_order_of_the_commands(pool: Used) -> None:
    connection = pool.acquire()
    assert pool.ask(connection, "ECHO", "one") == b"one"
    assert pool.ask(connection, "ECHO", "two") == b"two"


@pytest.mark.parametrize("name", ["sqlalchemy", "dbutils"])
def test_the_proxy_of_a_released_connection_cannot_be_used(pool: Used) -> None:
    connection = pool.acquire()
    pool.release(connection)

    with pytest.raises(Exception, match=r"NoneType|^$"):
        pool.ask(connection, "PING")


def test_a_second_release_hands_nothing_out_twice(name: str, pool: Used) -> None:
    first, second = pool.acquire(), pool.acquire()
    numbers = {pool.number(first), pool.number(second)}
    pool.release(first)
    if name == "coredis":
        with pytest.raises(KeyError):
            pool.release(first)
    else:
        pool.release(first)
    pool.release(second)

    assert {pool.number(pool.acquire()), pool.number(pool.acquire())} == numbers


def test_a_foreign_connection_is_refused(name: str, open_pool: Open) -> None:
    own, other = open_pool(), open_pool()
    foreign = other.acquire()
    number = own.number(own.acquire())

    with pytest.raises(KeyError if name == "coredis" else Exception, match=r"weakref|that lent it"):
        own.release(foreign)

    assert own.number(own.acquire()) not in {number, other.number(foreign)}
    assert other.ask(foreign, "PING") == b"PONG"


def test_there_are_blocks(pool: Used) -> None:
    assert Capability.CONTEXT_MANAGER in pool.adapter.offers(pool.pool)
    number = pool.number_in_block()
    with pytest.raises(KeyError, match="leaving"):
        pool.number_in_block(KeyError("leaving"))

    assert [pool.number(pool.acquire()) for _ in range(2)].count(number) == 1


def test_a_holder_may_give_up_on_a_connection(
    pool: Used, server: Server, settings: PoolSettings
) -> None:
    connection = pool.acquire()
    pool.disconnect(connection)
    assert pool.until_seen(set(), server, settings) == set()
    pool.release(connection)
    assert pool.number(pool.acquire()) in seen(server, settings)


def test_closing_the_pool_closes_what_is_idle(
    pool: Used, server: Server, settings: PoolSettings
) -> None:
    connections = [pool.acquire(), pool.acquire()]
    for connection in connections:
        pool.release(connection)
    assert len(seen(server, settings)) == 2

    pool.close()

    assert pool.until_seen(set(), server, settings) == set()


@pytest.mark.parametrize("name", ["sqlalchemy", "coredis"])
def test_a_surplus_caller_gets_the_error_of_the_library(name: str, open_pool: Open) -> None:
    pool = open_pool(max_connections=1, timeout=BRIEF_S)
    pool.acquire()

    with pytest.raises(sqlalchemy.exc.TimeoutError if name == "sqlalchemy" else TimeoutError):
        pool.acquire()


@pytest.mark.parametrize("name", ["sqlalchemy", "dbutils"])
def test_a_surplus_caller_waits_for_a_release(name: str, open_pool: Open) -> None:
    pool = open_pool(max_connections=1)
    connection = pool.acquire()
    number = pool.number(connection)

    with ThreadPoolExecutor(1) as callers:
        surplus = callers.submit(pool.acquire)
        wait([surplus], timeout=0.05)
        assert not surplus.done()
        pool.release(connection)
        assert pool.number(surplus.result(PATIENCE_S)) == number


@pytest.mark.parametrize("name", ["coredis"])
def test_a_surplus_task_waits_for_a_release(name: str, open_pool: Open) -> None:
    pool = open_pool(max_connections=1)
    adapter = pool.adapter
    assert uses_asyncio(adapter)

    async def pass_on() -> bool:
        connection = await adapter.acquire(pool.pool)
        surplus = asyncio.create_task(adapter.acquire(pool.pool))
        await asyncio.wait([surplus], timeout=0.05)
        waited = not surplus.done()
        await adapter.release(pool.pool, connection)
        await asyncio.wait_for(surplus, PATIENCE_S)
        return waited

    assert pool.runner.run(pass_on())


@pytest.mark.parametrize("name", ["dbutils"])
def test_a_pool_that_takes_no_timeout_says_so(name: str, settings: PoolSettings) -> None:
    adapter = load_target(name)
    assert uses_threads(adapter)

    with pytest.raises(TypeError, match="'timeout'"):
        adapter.open(replace(settings, takes=frozenset({"timeout"})))


def test_a_server_that_does_not_answer_in_time_is_told(name: str, open_pool: Open) -> None:
    pool = open_pool(socket_timeout=BRIEF_S)
    connection = pool.acquire()

    with pytest.raises(TimeoutError if name == "coredis" else redis.TimeoutError):
        pool.ask(connection, "BLPOP", f"poolproof-{token_hex(8)}", "0")


def test_credentials_reach_the_server(open_pool: Open) -> None:
    pool = open_pool(username="nobody", password="nothing")

    with pytest.raises(Exception, match=r"(?i)wrongpass|invalid username-password|AUTH"):
        pool.acquire()


def test_the_database_is_selected(open_pool: Open) -> None:
    pool = open_pool(db=3)

    told = pool.ask(pool.acquire(), "CLIENT", "INFO")

    assert " db=3 " in (told.decode() if isinstance(told, bytes) else str(told))


@pytest.mark.parametrize("name", ["sqlalchemy"])
def test_further_arguments_are_for_the_pool(name: str, open_pool: Open) -> None:
    pool = open_pool(extra={"use_lifo": True})
    first, second = pool.acquire(), pool.acquire()
    last = pool.number(second)
    pool.release(first)
    pool.release(second)

    assert pool.number(pool.acquire()) == last


def test_what_a_maximum_lifetime_is_called_differs(settings: PoolSettings) -> None:
    adapter = load_target("sqlalchemy")
    assert uses_threads(adapter)
    told = replace(settings, max_lifetime=60.0, extra={"recycle": 5})

    pools = [adapter.open(settings), adapter.open(told)]

    assert all(Capability.MAX_LIFETIME in adapter.offers(pool) for pool in pools)
    assert [getattr(pool, "_recycle", None) for pool in pools] == [-1, 60.0]
