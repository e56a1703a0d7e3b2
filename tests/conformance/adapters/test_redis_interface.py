"""The adapters for redis-py's interface speak to pools of either colour, and tell them apart."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial

import pytest
import redis
import redis.asyncio
import valkey.asyncio
from at_server import connections_named

from poolproof.conformance.adapters.adapter import AdapterError, PoolSettings
from poolproof.conformance.adapters.redis_interface import (
    AsyncRedisInterface,
    NeedsAsyncio,
    RedisInterface,
)
from poolproof.conformance.server import Server
from poolproof.spec import Capability

ASYNCIO_POOLS: list[Callable[..., object]] = [
    redis.asyncio.ConnectionPool,
    redis.asyncio.BlockingConnectionPool,
    valkey.asyncio.ConnectionPool,
    valkey.asyncio.BlockingConnectionPool,
]
each_asyncio_pool = pytest.mark.parametrize(
    "build", ASYNCIO_POOLS, ids=lambda build: f"{build.__module__}.{build.__name__}"
)


def settings_for(build: Callable[..., object], settings: PoolSettings) -> PoolSettings:
    blocks = "Blocking" in build.__name__
    return settings if blocks else replace(settings, takes=frozenset({"socket_timeout"}))


@each_asyncio_pool
def test_an_asyncio_pool_is_used_on_the_loop(
    build: Callable[..., object], settings: PoolSettings, server: Server
) -> None:
    adapter = AsyncRedisInterface(build)

    async def use() -> None:
        pool = await adapter.open(settings_for(build, settings))
        first, second = [await adapter.acquire(pool) for _ in range(2)]
        await adapter.send(first, "CLIENT", "ID")
        await adapter.send(second, "CLIENT", "ID")
        numbers = [await adapter.receive(first), await adapter.receive(second)]
        assert all(isinstance(number, int) for number in numbers)
        assert len(set(numbers)) == 2
        assert len(connections_named(server, settings.client_name)) == 2

        with pytest.raises((redis.ConnectionError, valkey.asyncio.ConnectionError)):
            await adapter.acquire(pool)

        await adapter.release(pool, second)
        again = await adapter.acquire(pool)
        await adapter.send(again, "CLIENT", "ID")
        assert await adapter.receive(again) == numbers[1]

        await adapter.disconnect(again)
        await adapter.send(again, "CLIENT", "ID")
        assert await adapter.receive(again) not in numbers
        await adapter.release(pool, again)
        await adapter.release(pool, first)
        await adapter.close(pool)

    asyncio.run(use())


@each_asyncio_pool
def test_a_function_that_builds_an_asyncio_pool_is_found_out(
    build: Callable[..., object], settings: PoolSettings
) -> None:
    adapter = RedisInterface(partial(build))

    with pytest.raises(NeedsAsyncio, match="ConnectionPool is an asyncio pool") as found_out:
        adapter.open(settings_for(build, settings))

    assert "\n" not in str(found_out.value)
    assert runs(found_out.value.adapter, settings_for(build, settings))
    assert runs(adapter.for_asyncio(), settings_for(build, settings))


def runs(adapter: AsyncRedisInterface, settings: PoolSettings) -> bool:
    """Whether the adapter gets a reply out of its pool."""

    async def use() -> bool:
        pool = await adapter.open(settings)
        connection = await adapter.acquire(pool)
        await adapter.send(connection, "PING")
        reply = await adapter.receive(connection)
        await adapter.release(pool, connection)
        await adapter.close(pool)
        return reply == b"PONG"

    return asyncio.run(use())


build_blocking: Callable[..., redis.asyncio.BlockingConnectionPool] = (
    redis.asyncio.BlockingConnectionPool
)


async def build_later(**arguments: object) -> object:
    return build_blocking(**arguments)


def build_on_a_loop(**arguments: object) -> object:
    asyncio.get_running_loop()
    return build_blocking(**arguments)


class BehindAPlainMethod:
    """Does not look like a pool for asyncio before it is used."""

    def __init__(self, **arguments: object) -> None:
        self.pool = build_blocking(**arguments)
        self.release = self.pool.release
        self.disconnect = self.pool.disconnect

    def get_connection(self) -> Coroutine[object, object, object]:
        return self.pool.get_connection()


@pytest.mark.parametrize("build", [build_later, build_on_a_loop])
def test_what_needs_a_loop_to_be_built_is_found_out(
    build: Callable[..., object], settings: PoolSettings
) -> None:
    with pytest.raises(NeedsAsyncio) as found_out:
        RedisInterface(build).open(settings)

    assert runs(found_out.value.adapter, settings)


def test_a_pool_that_gives_a_coroutine_instead_of_a_connection_is_found_out(
    settings: PoolSettings,
) -> None:
    adapter = RedisInterface(BehindAPlainMethod)
    pool = adapter.open(settings)

    with pytest.raises(NeedsAsyncio, match="BehindAPlainMethod is an asyncio pool") as found_out:
        adapter.acquire(pool)

    assert runs(found_out.value.adapter, settings)


def test_an_error_of_the_constructor_passes_through(settings: PoolSettings) -> None:
    def build(**_arguments: object) -> object:
        raise RuntimeError("the moon is full")

    with pytest.raises(RuntimeError, match="the moon is full"):
        RedisInterface(build).open(settings)


def test_a_pool_for_threads_is_no_asyncio_pool(settings: PoolSettings) -> None:
    async def use() -> None:
        adapter = AsyncRedisInterface(redis.BlockingConnectionPool)
        pool = await adapter.open(settings)
        with pytest.raises(AdapterError, match="BlockingConnectionPool is a pool for threads"):
            await adapter.acquire(pool)
        await adapter.close(pool)

    asyncio.run(use())


class Plain:
    """A pool, and its one connection, that wait for nothing."""

    def __init__(self, **_arguments: object) -> None:
        self.said: list[object] = []

    async def get_connection(self, command_name: str) -> "Plain":
        self.said.append(command_name)
        return self

    def release(self, connection: object) -> None:
        self.said.append("released")

    def send_command(self, *words: object) -> None:
        self.said.append(words)

    def read_response(self) -> object:
        return self.said[-1]

    def disconnect(self) -> None:
        self.said.append("closed")


def test_only_what_can_be_awaited_is_awaited(settings: PoolSettings) -> None:
    async def use() -> list[object]:
        adapter = AsyncRedisInterface(Plain)
        pool = await adapter.open(settings)
        assert isinstance(pool, Plain)
        connection = await adapter.acquire(pool)
        await adapter.send(connection, "PING")
        assert await adapter.receive(connection) == ("PING",)
        await adapter.release(pool, connection)
        await adapter.disconnect(connection)
        return pool.said

    assert asyncio.run(use()) == ["PING", ("PING",), "released", "closed"]


@pytest.mark.parametrize("build", [dict, list])
def test_what_is_no_pool_is_told_by_what_it_lacks(
    build: Callable[..., object], settings: PoolSettings
) -> None:
    told = f"the target built a {build.__name__}, which has no get_connection, no release and no"

    with pytest.raises(AdapterError, match=told):
        RedisInterface(lambda **_: build()).open(settings)
    with pytest.raises(AdapterError, match=told):
        asyncio.run(AsyncRedisInterface(lambda **_: build()).open(settings))


class WithBlocks(Plain):
    """Has blocks, of the colour that a subclass says."""

    @contextmanager
    def connection(self) -> Iterator["Plain"]:
        yield self


class WithAsyncBlocks(Plain):
    @asynccontextmanager
    async def connection(self) -> AsyncIterator["Plain"]:
        yield self


class WithCoroutine(Plain):
    async def connection(self) -> "Plain":
        return self


class OneThatCloses(Plain):
    def close(self) -> None:
        """For good."""


class OneThatClosesConnections(Plain):
    def close(self, connection: object) -> None:
        """One of them."""


def test_a_pool_offers_to_be_closed_by_a_close_of_its_own_that_needs_nothing() -> None:
    assert Capability.CLOSE in RedisInterface(Plain).offers(OneThatCloses())
    assert Capability.CLOSE not in RedisInterface(Plain).offers(OneThatClosesConnections())
    assert Capability.CLOSE not in RedisInterface(Plain).offers(Plain())


def test_a_block_is_offered_if_there_is_one_of_the_colour() -> None:
    plain, threads, tasks, neither = Plain(), WithBlocks(), WithAsyncBlocks(), WithCoroutine()
    client = frozenset({Capability.CLIENT, Capability.DISCONNECT})
    both = client | {Capability.CONTEXT_MANAGER}

    assert [RedisInterface(Plain).offers(pool) for pool in (plain, threads)] == [client, both]
    assert [AsyncRedisInterface(Plain).offers(pool) for pool in (plain, tasks)] == [client, both]

    with RedisInterface(Plain).block(threads) as connection:
        assert connection is threads

    async def use() -> None:
        async with AsyncRedisInterface(Plain).block(tasks) as connection:
            assert connection is tasks

    asyncio.run(use())
    for not_for_threads in (tasks, neither):
        with pytest.raises(AdapterError, match="not a context manager"):
            RedisInterface(Plain).block(not_for_threads)
    for not_for_tasks in (threads, neither):
        with pytest.raises(AdapterError, match="not an async context manager"):
            AsyncRedisInterface(Plain).block(not_for_tasks)


class Recording:
    """Writes down how it is asked for a connection."""

    def __init__(self, **arguments: object) -> None:
        self.arguments = arguments
        self.asked: list[tuple[object, ...]] = []

    def release(self, connection: object) -> None: ...
    def disconnect(self) -> None: ...


class Old(Recording):
    def get_connection(self, command_name: str, *keys: object, **options: object) -> object:
        self.asked.append((command_name, *keys))
        return object()


class New(Recording):
    def get_connection(self, command_name: str | None = None) -> object:
        self.asked.append((command_name,))
        return object()


def test_only_an_old_pool_is_told_the_name_of_a_command(settings: PoolSettings) -> None:
    for build, asked in ((Old, [("PING",)]), (New, [(None,)])):
        adapter = RedisInterface(build)
        pool = adapter.open(settings)
        adapter.acquire(pool)

        assert isinstance(pool, Recording)
        assert pool.asked == asked


def test_a_pool_is_built_with_the_names_of_redis_py(settings: PoolSettings) -> None:
    told = replace(settings, socket_timeout=2.5, password="secret", extra={"protocol": 2})
    pool = RedisInterface(New).open(told)

    assert isinstance(pool, Recording)
    assert pool.arguments == {
        "host": settings.host,
        "port": settings.port,
        "db": settings.db,
        "client_name": settings.client_name,
        "password": "secret",
        "socket_timeout": 2.5,
        "max_connections": 2,
        "timeout": 0.05,
        "protocol": 2,
    }


def test_what_the_constructor_does_not_take_is_left_out(settings: PoolSettings) -> None:
    pool = RedisInterface(New).open(replace(settings, socket_timeout=2.5, takes=frozenset()))

    assert isinstance(pool, Recording)
    assert not {"timeout", "socket_timeout"} & set(pool.arguments)


# What is offered by names


class Ages:
    """Has the parameter by which its pools are known to let connections grow old."""

    def __init__(self, *, max_idle_time: float | None = None) -> None:
        self.max_idle_time = max_idle_time


class AgesToo(Ages):
    def __init__(self, max_lifetime: float = 1.0, **arguments: float | None) -> None:
        super().__init__(**arguments)


class Keeps:
    def __init__(self, min_idle: int = 0) -> None:
        self.min_idle = min_idle


class Stays(Ages):
    def __init__(self) -> None:
        super().__init__()


def build_anything(**arguments: object) -> object:
    return arguments


BY_NAME = {Capability.MAX_IDLE_TIME, Capability.MAX_LIFETIME, Capability.MIN_IDLE}


@pytest.mark.parametrize("interface", [RedisInterface, AsyncRedisInterface])
@pytest.mark.parametrize(
    ("build", "offered"),
    [
        (Ages, {Capability.MAX_IDLE_TIME}),
        (partial(Ages), {Capability.MAX_IDLE_TIME}),
        (AgesToo, {Capability.MAX_IDLE_TIME, Capability.MAX_LIFETIME}),
        (Keeps, {Capability.MIN_IDLE}),
        (Stays, set()),
        (build_anything, set()),
        (redis.ConnectionPool, set()),
        (dict, set()),
    ],
)
def test_what_a_constructor_takes_by_name_its_pools_offer(
    interface: type[RedisInterface | AsyncRedisInterface],
    build: Callable[..., object],
    offered: set[Capability],
) -> None:
    assert interface(build).offers(object()) & BY_NAME == offered


class TakesTimeouts(redis.ConnectionPool):
    def get_connection(
        self, command_name: str | None = None, *keys: object, timeout: float = 1, **options: object
    ) -> redis.Connection:
        return super().get_connection(command_name)


@pytest.mark.parametrize(
    ("pool", "offered"), [(TakesTimeouts, True), (redis.ConnectionPool, False)]
)
def test_an_acquire_that_takes_a_timeout_by_name_is_given_one(
    pool: Callable[..., redis.ConnectionPool], offered: bool
) -> None:
    adapter = RedisInterface(pool)

    assert (Capability.CALL_TIMEOUT in adapter.offers(pool())) is offered


class ClosesGracefully(redis.ConnectionPool):
    def close(self, grace: float = 0) -> None:
        self.grace = grace
        super().close()


@pytest.mark.parametrize(
    ("pool", "offered"), [(ClosesGracefully, True), (redis.ConnectionPool, False)]
)
def test_a_close_that_takes_a_grace_period_by_name_is_given_one(
    pool: Callable[..., redis.ConnectionPool], offered: bool
) -> None:
    adapter, built = RedisInterface(pool), pool()

    assert (Capability.GRACEFUL_CLOSE in adapter.offers(built)) is offered
    if isinstance(built, ClosesGracefully):
        adapter.close_gracefully(built, 5.0)
        assert built.grace == 5.0
