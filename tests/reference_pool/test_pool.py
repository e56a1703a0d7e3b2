"""The pool for threads, over connections that need no server: what each caller gets, and when."""

import gc
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import Literal

import pytest
import redis
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MaxConnectionsError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from poolproof.reference_pool import ConnectionPool, ConnectionPoolTimeoutError, PoolClosedError
from poolproof.reference_pool import pool as pool_module
from poolproof.reference_pool.policy import Ending
from poolproof.reference_pool.slot import Slot
from poolproof.reference_pool.waiter import Waiter

PATIENCE_S = 20.0


class Wire(redis.Connection):
    """A connection that is connected to nothing."""

    connects = 0
    dirty = False
    fails: BaseException | None = None

    def connect(self) -> None:
        if self.fails is not None:
            failure, self.fails = self.fails, None
            raise failure
        self.connects += 1
        self.dirty = False
        self._sock = object()  # type: ignore[assignment]  # any socket that is not None will do

    def disconnect(self, *_: object, **__: object) -> None:
        self._sock = None

    def can_read(self, timeout: float = 0) -> bool:
        return self.dirty


def wires(
    max_connections: int = 1, timeout: float | None = PATIENCE_S, **kwargs: object
) -> ConnectionPool:
    return ConnectionPool(
        max_connections=max_connections, timeout=timeout, connection_class=Wire, **kwargs
    )


def wire(connection: AbstractConnection) -> Wire:
    assert isinstance(connection, Wire)
    return connection


def until(true: Callable[[], bool]) -> None:
    """Return once it is true; what others do is never taken for done because time went by."""
    deadline = monotonic() + PATIENCE_S
    while not true():
        assert monotonic() < deadline, "it never came to that"
        threading.Event().wait(0.001)


def waiting(pool: ConnectionPool, count: int) -> Callable[[], bool]:
    return lambda: count == len(pool._queues.waiters)


def ask(threads: ThreadPoolExecutor, pool: ConnectionPool) -> Future[AbstractConnection]:
    """Ask for a connection in another thread, which is parked when this returns."""
    before = len(pool._queues.waiters)
    future = threads.submit(pool.get_connection)
    until(waiting(pool, before + 1))
    return future


def count_of(pool: ConnectionPool) -> tuple[int, int, int]:
    return pool._queues.in_use, len(pool._queues.idle), len(pool._queues.waiters)


@pytest.fixture
def threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=64)


def test_idle_connections_are_lent_first_in_first_out() -> None:
    pool = wires(3)
    a, b, c = (pool.get_connection() for _ in range(3))
    for connection in (b, a, c):
        pool.release(connection)

    assert [b, a, c] == [pool.get_connection() for _ in range(3)]


def test_a_connection_is_used_again_before_another_is_opened() -> None:
    pool = wires(3)
    connection = pool.get_connection()
    pool.release(connection)
    for _ in range(5):
        with pool.connection():
            pass

    assert wire(connection).connects == 1
    assert count_of(pool) == (0, 1, 0)


def test_an_exhausted_pool_says_so_with_its_figures() -> None:
    pool = wires(2, timeout=0)
    for _ in range(2):
        pool.get_connection()
    with pytest.raises(
        ConnectionPoolTimeoutError,
        match=r"max_connections=2 in_use=2 idle=0 waiting=0.*raise max_connections or timeout",
    ):
        pool.get_connection()

    assert count_of(pool) == (2, 0, 0)


def test_its_error_is_one_that_redis_users_catch_and_no_socket_timeout() -> None:
    assert issubclass(ConnectionPoolTimeoutError, MaxConnectionsError)
    assert issubclass(PoolClosedError, RedisConnectionError)
    assert not issubclass(ConnectionPoolTimeoutError, RedisTimeoutError)


def test_a_caller_is_never_turned_away_early() -> None:
    pool = wires(timeout=0.03)
    pool.get_connection()
    started = monotonic()
    with pytest.raises(ConnectionPoolTimeoutError):
        pool.get_connection()

    assert monotonic() - started >= 0.03


def test_waiters_get_released_connections_in_the_order_in_which_they_came(
    threads: ThreadPoolExecutor,
) -> None:
    pool = wires()
    connection = pool.get_connection()
    futures = [ask(threads, pool) for _ in range(3)]
    for turn, future in enumerate(futures):
        pool.release(connection)

        assert future.result(PATIENCE_S) is connection
        assert not any(later.done() for later in futures[turn + 1 :])


def test_a_newcomer_never_overtakes_a_waiter(threads: ThreadPoolExecutor) -> None:
    pool = wires(timeout=0)
    connection = pool.get_connection()
    pool.timeout = PATIENCE_S
    future = ask(threads, pool)
    pool.timeout = 0
    pool.release(connection)
    with pytest.raises(ConnectionPoolTimeoutError):
        pool.get_connection()

    assert future.result(PATIENCE_S) is connection


def test_a_waiter_that_expired_leaves_no_trace() -> None:
    pool = wires(timeout=0.001)
    connection = pool.get_connection()
    for _ in range(3):
        with pytest.raises(ConnectionPoolTimeoutError):
            pool.get_connection()

    assert count_of(pool) == (1, 0, 0)
    pool.release(connection)
    assert pool.get_connection() is connection


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
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = wires()
    connection = pool.get_connection()
    with monkeypatch.context() as patch:
        patch.setattr(pool_module, "Waiter", InterruptedAtTheLastMoment)
        interrupted = ask(threads, pool)
    next_one = ask(threads, pool)
    pool.release(connection)

    assert next_one.result(PATIENCE_S) is connection
    assert isinstance(interrupted.exception(PATIENCE_S), KeyboardInterrupt)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_with_block_releases_on_every_way_out(error: type[BaseException]) -> None:
    pool = wires()
    with pytest.raises(error), pool.connection():
        raise error

    assert count_of(pool) == (0, 1, 0)


@pytest.mark.parametrize("others", [0, 1])
def test_a_second_release_is_refused_and_changes_nothing(others: int) -> None:
    pool = wires(2)
    connection = pool.get_connection()
    for _ in range(others):
        pool.get_connection()
    pool.release(connection)
    before = count_of(pool)
    with pytest.raises(ValueError, match="release every connection once"):
        pool.release(connection)

    assert before == count_of(pool)


def test_a_connection_of_another_pool_is_refused() -> None:
    pool, other = wires(), wires()
    connection = other.get_connection()
    with pytest.raises(ValueError, match="to the pool that it came from"):
        pool.release(connection)

    assert count_of(pool) == (0, 0, 0)
    other.release(connection)


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


class Holder:
    """Releases when it is collected, as redis-py's pipelines and subscriptions do."""

    def __init__(self, pool: ConnectionPool) -> None:
        self.pool, self.connection = pool, pool.get_connection()

    def __del__(self) -> None:
        self.pool.release(self.connection)


@pytest.mark.parametrize("collect", ["reference count", "garbage collector"])
def test_a_finalizer_may_release_in_a_thread_that_is_inside_the_pool(
    threads: ThreadPoolExecutor, collect: Literal["reference count", "garbage collector"]
) -> None:
    pool = wires()
    holders = [Holder(pool)]

    def drop_inside() -> None:
        with pool._lock:
            if collect == "garbage collector":
                holders.append(holders)  # type: ignore[arg-type]  # a cycle, for the collector
                holders.clear()
                gc.collect()
            holders.clear()

    threads.submit(drop_inside).result(PATIENCE_S)

    assert count_of(pool) == (0, 1, 0)


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_is_released_inside_the_pool_reaches_who_waits(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, when: Literal["before", "after"]
) -> None:
    pool = wires()
    holders = [Holder(pool)]
    join = pool._queues.join

    def drop_and_join(waiter: Waiter[Slot]) -> None:
        if when == "before":
            holders.clear()
        join(waiter)
        holders.clear()

    monkeypatch.setattr(pool._queues, "join", drop_and_join)
    threads.submit(pool.get_connection).result(PATIENCE_S)

    assert count_of(pool) == (1, 0, 0)


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


def test_a_dirty_connection_is_connected_afresh_before_it_is_lent() -> None:
    pool = wires()
    connection = wire(pool.get_connection())
    connection.dirty = True
    pool.release(connection)

    assert pool.get_connection() is connection
    assert (connection.connects, connection.dirty) == (2, False)


def test_a_handed_over_connection_is_checked_too(threads: ThreadPoolExecutor) -> None:
    pool = wires()
    connection = wire(pool.get_connection())
    future = ask(threads, pool)
    connection.dirty = True
    pool.release(connection)
    future.result(PATIENCE_S)

    assert (connection.connects, connection.dirty) == (2, False)


def test_a_connection_that_cannot_be_clean_is_lent_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Wire, "can_read", lambda *_: True)
    pool = wires()
    with pytest.raises(RedisConnectionError, match="closed a new connection, or sent data unasked"):
        pool.get_connection()

    assert count_of(pool) == (0, 0, 0)


@pytest.mark.parametrize("error", [RedisConnectionError, KeyboardInterrupt])
def test_a_failure_to_connect_is_its_callers_and_gives_the_slot_back(
    error: type[BaseException],
) -> None:
    pool = wires()
    connection = wire(pool.get_connection())
    connection.disconnect()
    connection.fails = error()
    pool.release(connection)
    with pytest.raises(error):
        pool.get_connection()

    assert connection._sock is None
    assert count_of(pool) == (0, 0, 0)
    assert pool.get_connection() is not connection


def test_a_failure_to_connect_lets_the_next_waiter_try(threads: ThreadPoolExecutor) -> None:
    pool = wires()
    connection = wire(pool.get_connection())
    first, second = ask(threads, pool), ask(threads, pool)
    connection.disconnect()
    connection.fails = RedisConnectionError("refused")
    pool.release(connection)

    assert isinstance(first.exception(PATIENCE_S), RedisConnectionError)
    assert wire(second.result(PATIENCE_S)).connects == 1


def test_arguments_that_the_connection_refuses_cost_no_slot() -> None:
    pool = wires(no_such_argument=1)
    for _ in range(2):
        with pytest.raises(TypeError, match="no_such_argument"):
            pool.get_connection()

    assert count_of(pool) == (0, 0, 0)


def test_closing_tells_every_waiter(threads: ThreadPoolExecutor) -> None:
    pool = wires(timeout=None)
    pool.get_connection()
    futures = [ask(threads, pool) for _ in range(3)]
    pool.close()

    assert all(isinstance(future.exception(PATIENCE_S), PoolClosedError) for future in futures)


def test_closing_disconnects_idle_connections_now_and_held_ones_when_released() -> None:
    pool = wires(2)
    idle, held = pool.get_connection(), pool.get_connection()
    pool.release(idle)
    pool.close()

    assert (idle._sock is None, held._sock is None) == (True, False)
    pool.release(held)
    assert held._sock is None
    assert count_of(pool) == (0, 0, 0)


def test_a_closed_pool_stays_closed() -> None:
    pool = wires()
    pool.close()
    pool.close()
    pool.disconnect()
    pool.reset()
    with pytest.raises(PoolClosedError, match="make a new pool"):
        pool.get_connection()


def test_a_pool_is_closed_at_the_end_of_its_block() -> None:
    with wires() as pool, pool.connection() as connection:
        pass

    assert connection._sock is None
    with pytest.raises(PoolClosedError):
        pool.get_connection()


@pytest.mark.parametrize("inuse_connections", [True, False])
def test_disconnecting_keeps_the_pool_and_its_slots(inuse_connections: bool) -> None:
    pool = wires(2, timeout=0)
    idle, held = pool.get_connection(), pool.get_connection()
    pool.release(idle)
    pool.disconnect(inuse_connections)

    assert (True, inuse_connections) == (idle._sock is None, held._sock is None)
    pool.release(held)
    assert [pool.get_connection()._sock is not None for _ in range(2)] == [True, True]
    with pytest.raises(ConnectionPoolTimeoutError):
        pool.get_connection()


def test_a_retry_is_set_on_all_connections() -> None:
    pool = wires(3)
    idle, held = pool.get_connection(), pool.get_connection()
    pool.release(idle)
    retry = Retry(NoBackoff(), 7)
    pool.set_retry(retry)
    pool.get_connection()
    new = pool.get_connection()

    assert [connection.retry._retries for connection in (idle, held, new)] == [7, 7, 7]


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


def test_it_counts_connections_as_redis_py_does() -> None:
    pool = wires(3)
    idle = pool.get_connection()
    pool.get_connection()
    pool.release(idle)

    assert [
        (count, state["db.client.connection.state"]) for count, state in pool.get_connection_count()
    ] == [(1, "idle"), (1, "used")]


def test_nothing_that_is_shown_carries_a_credential() -> None:
    pool = wires(timeout=0, host="localhost", port=1, username="alice", password="secret")
    shown = [repr(pool)]
    connection = pool.get_connection()
    with pytest.raises(ConnectionPoolTimeoutError) as exhausted:
        pool.get_connection()
    pool.release(connection)
    with pytest.raises(ValueError, match="once") as refused:
        pool.release(connection)
    pool.close()
    with pytest.raises(PoolClosedError) as closed:
        pool.get_connection()
    shown += [str(error.value) for error in (exhausted, refused, closed)]

    assert "host=localhost port=1 db=0 max_connections=1 in_use=0 idle=0 waiting=0" in shown[0]
    assert not [text for text in shown if "alice" in text or "secret" in text]


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


def test_a_pool_that_nobody_has_any_more_is_gone_without_a_collector() -> None:
    pool = wires()
    with pool.connection():
        pass
    gone = weakref.ref(pool)
    del pool

    assert gone() is None
