"""redis.Redis does on this pool all that it does on its own, and gives every connection back."""

import threading
from collections.abc import Iterator
from typing import cast

import pytest
import redis
from at_server import where
from redis.backoff import NoBackoff
from redis.retry import Retry

from poolproof.conformance.server import Server
from poolproof.reference_pool import ConnectionPool, ConnectionPoolTimeoutError, PoolClosedError

from . import PATIENCE_S

KEY = "poolproof:client"


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def pool(request: pytest.FixtureRequest, server: Server) -> Iterator[ConnectionPool]:
    with ConnectionPool(
        **where(server),
        protocol=request.param,
        socket_timeout=PATIENCE_S,
        max_connections=2,
        timeout=0,
    ) as pool:
        yield pool


@pytest.fixture
def client(pool: ConnectionPool) -> Iterator[redis.Redis]:
    """A client, and the proof that it kept nothing."""
    with client_of(pool) as client:
        client.delete(KEY)
        yield client
        client.delete(KEY)

    assert pool._queues.in_use == 0


def client_of(pool: ConnectionPool, **kwargs: bool) -> redis.Redis:
    # redis-py names its own class where it needs no more than this interface.
    return redis.Redis(connection_pool=cast("redis.ConnectionPool", pool), **kwargs)  # type: ignore[arg-type]


def test_commands(client: redis.Redis) -> None:
    client.set(KEY, "value")

    assert client.get(KEY) == b"value"
    with pytest.raises(redis.ResponseError):
        client.incr(KEY)


def test_pipelines(client: redis.Redis) -> None:
    with client.pipeline(transaction=False) as pipeline:
        pipeline.incr(KEY)
        pipeline.incr(KEY)

        assert pipeline.execute() == [1, 2]


def test_transactions(client: redis.Redis) -> None:
    with client.pipeline() as pipeline:
        pipeline.watch(KEY)
        pipeline.multi()
        pipeline.incr(KEY)

        assert pipeline.execute() == [1]


def test_a_transaction_that_another_spoils(client: redis.Redis) -> None:
    with client.pipeline() as pipeline:
        pipeline.watch(KEY)
        client.set(KEY, 7)
        pipeline.multi()
        pipeline.incr(KEY)
        with pytest.raises(redis.WatchError):
            pipeline.execute()


def test_a_transaction_that_is_abandoned(client: redis.Redis, pool: ConnectionPool) -> None:
    pipeline = client.pipeline()
    pipeline.watch(KEY)

    assert pool._queues.in_use == 1
    del pipeline
    assert pool._queues.in_use == 0


def test_subscriptions(client: redis.Redis) -> None:
    with client.pubsub() as subscriber:
        subscriber.subscribe(KEY)

        assert subscriber.get_message(timeout=PATIENCE_S)["type"] == "subscribe"
        client.publish(KEY, "news")
        assert subscriber.get_message(timeout=PATIENCE_S)["data"] == b"news"


def test_a_subscription_that_is_abandoned(client: redis.Redis, pool: ConnectionPool) -> None:
    subscriber = client.pubsub()
    subscriber.subscribe(KEY)
    del subscriber

    assert pool._queues.in_use == 0


def test_locks(client: redis.Redis) -> None:
    with client.lock(KEY, timeout=PATIENCE_S):
        assert not client.lock(KEY, timeout=PATIENCE_S).acquire(blocking=False)


def test_scripts(client: redis.Redis) -> None:
    assert client.register_script("return ARGV[1]")(args=["word"]) == b"word"


def test_scanning(client: redis.Redis) -> None:
    client.set(KEY, 1)

    assert list(client.scan_iter(match=KEY)) == [KEY.encode()]


def test_monitoring(client: redis.Redis) -> None:
    with client.monitor() as monitor:
        client.get(KEY)
        while f"GET {KEY}" != monitor.next_command()["command"]:
            pass


def test_a_client_with_a_connection_of_its_own(client: redis.Redis, pool: ConnectionPool) -> None:
    with client_of(pool, single_connection_client=True) as single:
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


def test_retries_are_set_for_all_connections(client: redis.Redis) -> None:
    client.set_retry(Retry(NoBackoff(), 4))

    assert client.get_retry()._retries == 4  # type: ignore[union-attr]  # it was set just now
    assert client.ping()


def test_closing_a_client_leaves_a_pool_that_it_was_lent_open(pool: ConnectionPool) -> None:
    with client_of(pool) as client:
        client.ping()

    assert client_of(pool).ping()


def test_closing_a_client_closes_a_pool_that_it_was_given(pool: ConnectionPool) -> None:
    with redis.Redis.from_pool(cast("redis.ConnectionPool", pool)) as client:
        client.ping()
    with pytest.raises(PoolClosedError):
        client.ping()


def test_an_exhausted_pool_is_no_failure_of_the_server(
    client: redis.Redis, pool: ConnectionPool
) -> None:
    with pool.connection(), pool.connection(), pytest.raises(ConnectionPoolTimeoutError):
        client.ping()

    assert client.ping()


def test_many_threads_read_their_own_replies(client: redis.Redis, pool: ConnectionPool) -> None:
    pool.timeout = PATIENCE_S
    wrong: list[object] = []

    def work(number: int) -> None:
        for turn in range(50):
            word = f"{number}-{turn}".encode()
            answer = client.echo(word)
            if answer != word:
                wrong.append(answer)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
