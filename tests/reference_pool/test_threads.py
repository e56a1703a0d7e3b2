"""What only the pool for threads promises: interruptions, signals and many threads at once."""

import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MaxConnectionsError
from redis.exceptions import TimeoutError as RedisTimeoutError

from poolproof.conformance.server import Server
from poolproof.reference_pool import ConnectionPool, ConnectionPoolTimeoutError, PoolClosedError
from poolproof.reference_pool import pool as pool_module
from poolproof.reference_pool.policy import Ending
from poolproof.reference_pool.slot import Slot
from poolproof.reference_pool.waiter import Waiter

from . import PATIENCE_S
from .finalizers import Collected, Holder, drop
from .inside import count_of, waiting
from .test_client import KEY, client_at
from .wires import Wire, ask, until, wire, wires


def test_its_error_is_one_that_redis_users_catch_and_no_socket_timeout() -> None:
    assert issubclass(ConnectionPoolTimeoutError, MaxConnectionsError)
    assert issubclass(PoolClosedError, RedisConnectionError)
    assert not issubclass(ConnectionPoolTimeoutError, RedisTimeoutError)


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as the interpreter can let them."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("restless")
def test_no_connection_has_two_holders_when_many_compete(threads: ThreadPoolExecutor) -> None:
    pool = wires(4)
    held: set[AbstractConnection] = set()
    most = []

    def work() -> None:
        for _ in range(100):
            with pool.connection() as connection:
                assert connection not in held
                held.add(connection)
                most.append(len(held))
                held.remove(connection)

    for future in [threads.submit(work) for _ in range(32)]:
        future.result(PATIENCE_S)

    assert max(most) <= 4
    assert pool._queues.in_use == 0


def test_an_interrupted_waiter_leaves_no_trace() -> None:
    pool = wires()
    connection = pool.get_connection()
    main = threading.get_ident()
    interruptions: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        interruptions.append(number)
        if len(interruptions) == 1:
            raise KeyboardInterrupt

    def arrived() -> bool:
        signal.pthread_kill(main, signal.SIGUSR1)
        return bool(interruptions)

    def send() -> None:
        until(waiting(pool, 1))
        # Again and again: a signal that comes just before the thread blocks does not wake it.
        until(arrived)

    previous = signal.signal(signal.SIGUSR1, interrupt)
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            pool.get_connection()
        sender.join(PATIENCE_S)
    finally:
        signal.signal(signal.SIGUSR1, previous)

    assert count_of(pool) == (1, 0, 0)
    pool.release(connection)
    assert pool.get_connection() is connection


class InterruptedAtTheLastMoment(Waiter[Slot]):
    """Is interrupted when its slot is already its own."""

    def wait(self, timeout: float | None) -> Slot | Ending:
        super().wait(timeout)
        raise KeyboardInterrupt


def test_what_was_handed_to_an_interrupted_waiter_goes_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = wires()
    connection = pool.get_connection()
    with monkeypatch.context() as patch:
        patch.setattr(pool_module, "Waiter", InterruptedAtTheLastMoment)
        interrupted = ask(pool)
    next_one = ask(pool)
    pool.release(connection)

    assert next_one.result(PATIENCE_S) is connection
    assert isinstance(interrupted.exception(PATIENCE_S), KeyboardInterrupt)


@pytest.mark.usefixtures("restless")
def test_no_slot_is_lost_when_many_expire_and_fail(threads: ThreadPoolExecutor) -> None:
    pool = wires(3, timeout=0.0005)

    def work() -> None:
        for _ in range(100):
            with suppress(RedisConnectionError), pool.connection() as connection:
                connection.disconnect()
                wire(connection).fails = RedisConnectionError("refused")

    for future in [threads.submit(work) for _ in range(32)]:
        future.result(PATIENCE_S)

    assert (pool._queues.in_use, len(pool._queues.waiters)) == (0, 0)
    pool.timeout = 0
    for connection in [slot.connection for slot in pool._queues.idle]:
        assert connection is not None
        wire(connection).fails = None
    assert len({pool.get_connection() for _ in range(3)}) == 3


def test_a_connection_that_its_holder_disconnected_keeps_its_slot() -> None:
    pool = wires()
    connection = pool.get_connection()
    connection.disconnect()
    pool.release(connection)

    assert pool.get_connection() is connection
    assert wire(connection).connects == 2


def test_a_connection_marked_for_reconnection_is_disconnected_when_released() -> None:
    pool = wires()
    connection = pool.get_connection()
    connection.mark_for_reconnect()
    pool.release(connection)

    assert connection._sock is None
    assert count_of(pool) == (0, 1, 0)


@pytest.mark.parametrize("collect", ["reference count", "garbage collector"])
def test_a_finalizer_may_release_in_a_thread_that_is_inside_the_pool(
    threads: ThreadPoolExecutor, collect: Collected
) -> None:
    pool = wires()
    holders = [Holder(partial(pool.release, pool.get_connection()))]

    def drop_inside() -> None:
        with pool._lock:
            drop(holders, collect)

    threads.submit(drop_inside).result(PATIENCE_S)

    assert count_of(pool) == (0, 1, 0)


def test_a_signal_handler_may_release_in_a_thread_that_is_inside_the_pool() -> None:
    pool = wires()
    connection = pool.get_connection()
    previous = signal.signal(signal.SIGUSR1, lambda *_: pool.release(connection))
    try:
        with pool._lock:
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, previous)

    assert count_of(pool) == (0, 1, 0)


def test_new_credentials_end_the_connections_made_with_the_old() -> None:
    pool = wires(2)
    idle, held = pool.get_connection(), pool.get_connection()
    pool.release(idle)
    pool.re_auth_callback("token")

    assert (idle._sock is None, held._sock is None) == (True, False)
    pool.release(held)
    assert held._sock is None
    assert pool.get_connection() is held
    pool.release(held)
    assert held._sock is not None


def test_a_connection_that_cannot_be_closed_keeps_no_other_from_being_closed() -> None:
    class Stubborn(Wire):
        def disconnect(self, *_: object, **__: object) -> None:
            super().disconnect()
            if closing:
                raise OSError("closed, but not in order")

    closing: list[str] = []
    for ending in ("disconnect", "close"):
        pool = ConnectionPool(max_connections=2, timeout=0, connection_class=Stubborn)
        connections = [pool.get_connection() for _ in range(2)]
        for connection in connections:
            pool.release(connection)
        closing.append(ending)
        with pytest.raises(OSError, match="not in order"):
            getattr(pool, ending)()
        closing.clear()

        assert [connection._sock for connection in connections] == [None, None]
        if ending == "disconnect":
            assert len({pool.get_connection() for _ in range(2)}) == 2


PROTOCOLS = pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])


@PROTOCOLS
def test_a_transaction_that_is_abandoned(server: Server, protocol: int) -> None:
    with client_at(server, protocol) as (client, pool):
        pipeline = client.pipeline()
        pipeline.watch(KEY)

        assert pool._queues.in_use == 1
        del pipeline
        assert pool._queues.in_use == 0


@PROTOCOLS
def test_a_subscription_that_is_abandoned(server: Server, protocol: int) -> None:
    with client_at(server, protocol) as (client, pool):
        subscriber = client.pubsub()
        subscriber.subscribe(KEY)
        del subscriber

        assert pool._queues.in_use == 0


@PROTOCOLS
def test_many_threads_read_their_own_replies(
    threads: ThreadPoolExecutor, server: Server, protocol: int
) -> None:
    with client_at(server, protocol) as (client, pool):
        pool.timeout = PATIENCE_S

        def work(number: int) -> list[bytes]:
            words = [f"{number}-{turn}".encode() for turn in range(50)]
            return [word for word in words if client.echo(word) != word]

        assert [*threads.map(work, range(16), timeout=PATIENCE_S)] == [[]] * 16
