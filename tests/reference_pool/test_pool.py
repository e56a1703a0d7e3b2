"""The pool for threads, over connections that need no server: what each caller gets, and when."""

import signal
import sys
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic

import pytest
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MaxConnectionsError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from poolproof.reference_pool import ConnectionPoolTimeoutError, PoolClosedError
from poolproof.reference_pool import pool as pool_module
from poolproof.reference_pool.policy import Ending
from poolproof.reference_pool.slot import Slot
from poolproof.reference_pool.waiter import Waiter

from . import PATIENCE_S
from .inside import count_of, waiting
from .wires import ask, until, wire, wires


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


def test_a_retry_is_set_on_all_connections() -> None:
    pool = wires(3)
    idle, held = pool.get_connection(), pool.get_connection()
    pool.release(idle)
    retry = Retry(NoBackoff(), 7)
    pool.set_retry(retry)
    pool.get_connection()
    new = pool.get_connection()

    assert [connection.retry._retries for connection in (idle, held, new)] == [7, 7, 7]


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
