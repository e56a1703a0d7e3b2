"""redis.asyncio.Redis does on this pool all that it does on its own, and gives all connections back."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import cast

import pytest
import redis
from at_server import where
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from poolproof.conformance.server import Server
from poolproof.reference_pool.asyncio import (
    ConnectionPool,
    ConnectionPoolTimeoutError,
    PoolClosedError,
)

from . import PATIENCE_S

KEY = "poolproof:asyncio-client"


def client_of(pool: ConnectionPool, **kwargs: bool) -> Redis:
    # redis-py names its own class where it needs no more than this interface.
    return Redis(connection_pool=cast("redis.asyncio.ConnectionPool", pool), **kwargs)  # type: ignore[arg-type]


@asynccontextmanager
async def client_at(server: Server, protocol: int) -> AsyncIterator[tuple[Redis, ConnectionPool]]:
    """A client and its pool, and the proof that it kept nothing."""
    async with (
        ConnectionPool(
            **where(server),
            protocol=protocol,
            socket_timeout=PATIENCE_S,
            max_connections=2,
            timeout=0,
        ) as pool,
        client_of(pool) as client,
    ):
        await client.delete(KEY)
        yield client, pool
        await client.delete(KEY)

    assert pool._queues.in_use == 0


Clients = Callable[[], AbstractAsyncContextManager[tuple[Redis, ConnectionPool]]]


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def clients(request: pytest.FixtureRequest, server: Server) -> Clients:
    return partial(client_at, server, request.param)


async def test_commands(clients: Clients) -> None:
    async with clients() as (client, _):
        await client.set(KEY, "value")

        assert await client.get(KEY) == b"value"
        with pytest.raises(redis.ResponseError):
            await client.incr(KEY)


async def test_pipelines(clients: Clients) -> None:
    async with clients() as (client, _), client.pipeline(transaction=False) as pipeline:
        pipeline.incr(KEY)
        pipeline.incr(KEY)

        assert await pipeline.execute() == [1, 2]


async def test_transactions(clients: Clients) -> None:
    async with clients() as (client, _), client.pipeline() as pipeline:
        await pipeline.watch(KEY)
        pipeline.multi()
        pipeline.incr(KEY)

        assert await pipeline.execute() == [1]


async def test_a_transaction_that_another_spoils(clients: Clients) -> None:
    async with clients() as (client, _), client.pipeline() as pipeline:
        await pipeline.watch(KEY)
        await client.set(KEY, 7)
        pipeline.multi()
        pipeline.incr(KEY)
        with pytest.raises(redis.WatchError):
            await pipeline.execute()


async def test_subscriptions(clients: Clients) -> None:
    async with clients() as (client, _), client.pubsub() as subscriber:
        await subscriber.subscribe(KEY)
        first = await subscriber.get_message(timeout=PATIENCE_S)
        await client.publish(KEY, "news")
        second = await subscriber.get_message(timeout=PATIENCE_S)

        assert (first["type"], second["data"]) == ("subscribe", b"news")


async def test_locks(clients: Clients) -> None:
    async with clients() as (client, _), client.lock(KEY, timeout=PATIENCE_S):
        assert not await client.lock(KEY, timeout=PATIENCE_S).acquire(blocking=False)


async def test_scripts_and_scanning(clients: Clients) -> None:
    async with clients() as (client, _):
        assert await client.register_script("return ARGV[1]")(args=["word"]) == b"word"
        await client.set(KEY, 1)
        assert [key.decode() async for key in client.scan_iter(match=KEY)] == [KEY]


async def test_monitoring(clients: Clients) -> None:
    async with clients() as (client, _), client.monitor() as monitor:
        await client.get(KEY)
        while f"GET {KEY}" != (await monitor.next_command())["command"]:
            pass


async def test_a_client_with_a_connection_of_its_own(clients: Clients) -> None:
    async with (
        clients() as (_, pool),
        client_of(pool, single_connection_client=True) as single,
    ):
        assert await single.client_id() == await single.client_id()
        assert pool._queues.in_use == 1


async def test_decoding(server: Server) -> None:
    async with (
        ConnectionPool(
            **where(server),
            decode_responses=True,
        ) as pool,
        client_of(pool) as client,
    ):
        assert await client.echo("word") == "word"
        assert client.get_encoder().decode_responses


async def test_retries_are_set_for_all_connections(clients: Clients) -> None:
    async with clients() as (client, _):
        client.set_retry(Retry(NoBackoff(), 4))

        assert client.get_retry()._retries == 4  # type: ignore[union-attr]  # it was set just now
        assert await client.ping()


async def test_closing_a_client_leaves_a_pool_that_it_was_lent_open(clients: Clients) -> None:
    async with clients() as (_, pool):
        async with client_of(pool) as client:
            await client.ping()

        assert await client_of(pool).ping()


async def test_closing_a_client_closes_a_pool_that_it_was_given(server: Server) -> None:
    pool = ConnectionPool(**where(server))
    async with Redis.from_pool(cast("redis.asyncio.ConnectionPool", pool)) as client:
        await client.ping()
    with pytest.raises(PoolClosedError):
        await client.ping()


async def test_an_exhausted_pool_is_no_failure_of_the_server(clients: Clients) -> None:
    async with clients() as (client, pool):
        async with pool.connection(), pool.connection():
            with pytest.raises(ConnectionPoolTimeoutError):
                await client.ping()

        assert await client.ping()
