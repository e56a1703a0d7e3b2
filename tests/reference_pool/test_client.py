# Made by `make twins` from test_asyncio_client.py: change that instead.
"""redis.Redis does on this pool all that it does on its own, and gives all connections back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import cast

import pytest
import redis
from at_server import where
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from poolproof.conformance.server import Server
from poolproof.reference_pool import (
    ConnectionPool,
    ConnectionPoolTimeoutError,
    PoolClosedError,
)

from . import PATIENCE_S

KEY = "poolproof:client"


def client_of(pool: ConnectionPool, **kwargs: bool) -> Redis:
    # redis-py names its own class where it needs no more than this interface.
    return Redis(connection_pool=cast("redis.ConnectionPool", pool), **kwargs)  # type: ignore[arg-type]


@contextmanager
def client_at(server: Server, protocol: int) -> Iterator[tuple[Redis, ConnectionPool]]:
    """A client and its pool, and the proof that it kept nothing."""
    with (
        ConnectionPool(
            **where(server),
            protocol=protocol,
            socket_timeout=PATIENCE_S,
            max_connections=2,
            timeout=0,
        ) as pool,
        client_of(pool) as client,
    ):
        client.delete(KEY)
        yield client, pool
        client.delete(KEY)

    assert pool._queues.in_use == 0


Clients = Callable[[], AbstractContextManager[tuple[Redis, ConnectionPool]]]


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def clients(request: pytest.FixtureRequest, server: Server) -> Clients:
    return partial(client_at, server, request.param)


def test_commands(clients: Clients) -> None:
    with clients() as (client, _):
        client.set(KEY, "value")

        assert client.get(KEY) == b"value"
        with pytest.raises(redis.ResponseError):
            client.incr(KEY)


def test_pipelines(clients: Clients) -> None:
    with clients() as (client, _), client.pipeline(transaction=False) as pipeline:
        pipeline.incr(KEY)
        pipeline.incr(KEY)

        assert pipeline.execute() == [1, 2]


def test_transactions(clients: Clients) -> None:
    with clients() as (client, _), client.pipeline() as pipeline:
        pipeline.watch(KEY)
        pipeline.multi()
        pipeline.incr(KEY)

        assert pipeline.execute() == [1]


def test_a_transaction_that_another_spoils(clients: Clients) -> None:
    with clients() as (client, _), client.pipeline() as pipeline:
        pipeline.watch(KEY)
        client.set(KEY, 7)
        pipeline.multi()
        pipeline.incr(KEY)
        with pytest.raises(redis.WatchError):
            pipeline.execute()


def test_subscriptions(clients: Clients) -> None:
    with clients() as (client, _), client.pubsub() as subscriber:
        subscriber.subscribe(KEY)
        first = subscriber.get_message(timeout=PATIENCE_S)
        client.publish(KEY, "news")
        second = subscriber.get_message(timeout=PATIENCE_S)

        assert (first["type"], second["data"]) == ("subscribe", b"news")


def test_locks(clients: Clients) -> None:
    with clients() as (client, _), client.lock(KEY, timeout=PATIENCE_S):
        assert not client.lock(KEY, timeout=PATIENCE_S).acquire(blocking=False)


def test_scripts_and_scanning(clients: Clients) -> None:
    with clients() as (client, _):
        assert client.register_script("return ARGV[1]")(args=["word"]) == b"word"
        client.set(KEY, 1)
        assert [key.decode() for key in client.scan_iter(match=KEY)] == [KEY]


def test_monitoring(clients: Clients) -> None:
    with clients() as (client, _), client.monitor() as monitor:
        client.get(KEY)
        while f"GET {KEY}" != (monitor.next_command())["command"]:
            pass


def test_a_client_with_a_connection_of_its_own(clients: Clients) -> None:
    with (
        clients() as (_, pool),
        client_of(pool, single_connection_client=True) as single,
    ):
        assert single.client_id() == single.client_id()
        assert pool._queues.in_use == 1


def test_decoding(server: Server) -> None:
    with (
        ConnectionPool(
            **where(server),
            decode_responses=True,
        ) as pool,
        client_of(pool) as client,
    ):
        assert client.echo("word") == "word"
        assert client.get_encoder().decode_responses


def test_retries_are_set_for_all_connections(clients: Clients) -> None:
    with clients() as (client, _):
        client.set_retry(Retry(NoBackoff(), 4))

        assert client.get_retry()._retries == 4  # type: ignore[union-attr]  # it was set just now
        assert client.ping()


def test_closing_a_client_leaves_a_pool_that_it_was_lent_open(clients: Clients) -> None:
    with clients() as (_, pool):
        with client_of(pool) as client:
            client.ping()

        assert client_of(pool).ping()


def test_closing_a_client_closes_a_pool_that_it_was_given(server: Server) -> None:
    pool = ConnectionPool(**where(server))
    with Redis.from_pool(cast("redis.ConnectionPool", pool)) as client:
        client.ping()
    with pytest.raises(PoolClosedError):
        client.ping()


def test_an_exhausted_pool_is_no_failure_of_the_server(clients: Clients) -> None:
    with clients() as (client, pool):
        with pool.connection(), pool.connection(), pytest.raises(ConnectionPoolTimeoutError):
            client.ping()

        assert client.ping()
