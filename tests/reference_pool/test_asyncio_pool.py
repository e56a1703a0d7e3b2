"""The pool for asyncio, over connections that need no server: what each task gets, and when."""

import asyncio
import gc
import weakref
from asyncio import StreamReader, Task, create_task, sleep
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Literal, cast

import pytest
import redis.asyncio
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from poolproof.reference_pool.asyncio import (
    ConnectionPool,
    ConnectionPoolTimeoutError,
    PoolClosedError,
)
from poolproof.reference_pool.asyncio.slot import Slot
from poolproof.reference_pool.asyncio.waiter import Waiter

PATIENCE_S = 20.0


class Line:
    """The writer of a connection, and its transport."""

    def __init__(self) -> None:
        self.closed = False

    @property
    def transport(self) -> "Line":
        return self

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True


class Wire(redis.asyncio.Connection):
    """A connection that is connected to nothing."""

    connects = 0
    fails: BaseException | None = None
    line = Line()

    async def connect(self) -> None:
        await sleep(0)
        self._reader, self.line = StreamReader(), Line()
        self._writer = cast("asyncio.StreamWriter", self.line)
        await sleep(0)
        if self.fails is not None:
            raise self.fails
        self.connects += 1

    async def disconnect(self, *_: object, **__: object) -> None:
        self.line.abort()
        self._reader = self._writer = None

    def __del__(self, _: object = None) -> None:
        """Nothing to be warned of."""


def wires(
    max_connections: int = 1, timeout: float | None = PATIENCE_S, **kwargs: object
) -> ConnectionPool:
    return ConnectionPool(
        max_connections=max_connections, timeout=timeout, connection_class=Wire, **kwargs
    )


def wire(connection: AbstractConnection) -> Wire:
    assert isinstance(connection, Wire)
    return connection


async def until(true: Callable[[], bool]) -> None:
    """Let the others run until it is true."""
    for _ in range(1000):
        if true():
            return
        await sleep(0)
    raise AssertionError("it never came to that")


async def ask(pool: ConnectionPool) -> Task[AbstractConnection]:
    """Ask for a connection in another task, which waits when this returns."""
    before = len(pool._queues.waiters)
    task = create_task(pool.get_connection())
    await until(lambda: len(pool._queues.waiters) == before + 1)
    return task


def count_of(pool: ConnectionPool) -> tuple[int, int, int]:
    return pool._queues.in_use, len(pool._queues.idle), len(pool._queues.waiters)


def at_once(coroutine: Coroutine[object, None, AbstractConnection]) -> AbstractConnection:
    """What the coroutine returns without ever awaiting anything."""
    try:
        coroutine.send(None)
    except StopIteration as returned:
        return cast("AbstractConnection", returned.value)
    coroutine.close()
    raise AssertionError("it suspended")


async def test_idle_connections_are_lent_first_in_first_out() -> None:
    pool = wires(3)
    a, b, c = [await pool.get_connection() for _ in range(3)]
    for connection in (b, a, c):
        await pool.release(connection)

    assert [b, a, c] == [await pool.get_connection() for _ in range(3)]


async def test_an_idle_connection_is_lent_without_suspending() -> None:
    pool = wires()
    connection = await pool.get_connection()
    await pool.release(connection)

    assert at_once(pool.get_connection()) is connection


async def test_a_connection_is_used_again_before_another_is_opened() -> None:
    pool = wires(3)
    connections = set()
    for _ in range(5):
        async with pool.connection() as connection:
            connections.add(wire(connection))

    assert [connection.connects for connection in connections] == [1]
    assert count_of(pool) == (0, 1, 0)


async def test_no_more_connections_are_opened_than_allowed_while_others_connect() -> None:
    pool = wires(2)
    tasks = [create_task(pool.get_connection()) for _ in range(5)]
    await until(lambda: len(pool._queues.waiters) == 3)

    assert count_of(pool) == (2, 0, 3)
    for task in tasks:
        await pool.release(await task)
    assert count_of(pool) == (0, 2, 0)


@pytest.mark.parametrize("timeout_s", [0, 0.001])
async def test_an_exhausted_pool_says_so_with_its_figures(timeout_s: float) -> None:
    pool = wires(2, timeout=timeout_s)
    connections = [await pool.get_connection() for _ in range(2)]
    with pytest.raises(
        ConnectionPoolTimeoutError,
        match=r"max_connections=2 in_use=2 idle=0 waiting=0.*raise max_connections or timeout",
    ):
        await pool.get_connection()

    assert count_of(pool) == (2, 0, 0)
    await pool.release(connections[0])
    assert at_once(pool.get_connection()) is connections[0]


async def test_without_time_to_wait_nobody_suspends() -> None:
    pool = wires(timeout=0)
    await pool.get_connection()
    with pytest.raises(ConnectionPoolTimeoutError):
        at_once(pool.get_connection())


async def test_a_caller_is_never_turned_away_early() -> None:
    pool = wires(timeout=0.03)
    await pool.get_connection()
    time = asyncio.get_running_loop().time
    started = time()
    with pytest.raises(ConnectionPoolTimeoutError):
        await pool.get_connection()

    assert time() - started >= 0.03


async def test_time_spent_connecting_is_not_time_waited() -> None:
    pool = wires(timeout=0)

    assert wire(await pool.get_connection()).connects == 1


async def test_waiters_get_released_connections_in_the_order_in_which_they_came() -> None:
    pool = wires()
    connection = await pool.get_connection()
    tasks = [await ask(pool) for _ in range(3)]
    for turn, task in enumerate(tasks):
        await pool.release(connection)

        assert await task is connection
        assert not any(later.done() for later in tasks[turn + 1 :])


async def test_a_newcomer_never_overtakes_a_waiter() -> None:
    pool = wires()
    connection = await pool.get_connection()
    waiter = await ask(pool)
    pool.timeout = 0
    await pool.release(connection)
    with pytest.raises(ConnectionPoolTimeoutError):
        at_once(pool.get_connection())

    assert await waiter is connection


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
async def test_a_with_block_releases_on_every_way_out(error: type[BaseException]) -> None:
    pool = wires()
    with pytest.raises(error):
        async with pool.connection():
            raise error

    assert count_of(pool) == (0, 1, 0)


@pytest.mark.parametrize("others", [0, 1])
async def test_a_second_release_is_refused_and_changes_nothing(others: int) -> None:
    pool = wires(2)
    connection = await pool.get_connection()
    for _ in range(others):
        await pool.get_connection()
    await pool.release(connection)
    before = count_of(pool)
    with pytest.raises(ValueError, match="release every connection once"):
        await pool.release(connection)

    assert before == count_of(pool)


async def test_a_connection_of_another_pool_is_refused() -> None:
    pool, other = wires(), wires()
    connection = await other.get_connection()
    with pytest.raises(ValueError, match="to the pool that it came from"):
        await pool.release(connection)

    assert count_of(pool) == (0, 0, 0)


async def test_a_release_that_nobody_awaits_is_done() -> None:
    pool = wires()
    pool.release(await pool.get_connection())

    assert count_of(pool) == (0, 1, 0)


async def test_a_release_whose_task_is_cancelled_before_it_begins_is_done() -> None:
    pool = wires()
    task = create_task(pool.release(await pool.get_connection()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert count_of(pool) == (0, 1, 0)


async def test_a_task_that_is_being_cancelled_releases_without_suspending() -> None:
    pool = wires()
    connection = await pool.get_connection()
    went_on = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await pool.release(connection)
        went_on.append(True)

    with pytest.raises(asyncio.CancelledError):
        await create_task(work())

    assert went_on
    assert count_of(pool) == (0, 1, 0)


async def test_what_release_returns_is_like_any_coroutine() -> None:
    pool = wires(5)
    a, b, c, d, e = [await pool.get_connection() for _ in range(5)]
    await asyncio.shield(pool.release(a))
    await asyncio.wait_for(pool.release(b), PATIENCE_S)
    await asyncio.gather(pool.release(c), pool.release(d))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(pool.release(e))
        repr(task)

    assert count_of(pool) == (0, 5, 0)


async def test_a_connection_that_its_holder_disconnected_keeps_its_slot() -> None:
    pool = wires(timeout=0)
    connection = await pool.get_connection()
    await connection.disconnect()
    await pool.release(connection)

    assert wire(await pool.get_connection()).is_connected


async def test_a_connection_marked_for_reconnection_is_disconnected_when_released() -> None:
    pool = wires(timeout=0)
    connection = wire(await pool.get_connection())
    connection._should_reconnect = True  # as mark_for_reconnect() does
    pool.release(connection)

    assert (connection.is_connected, connection.line.closed) == (False, True)
    assert wire(await pool.get_connection()).is_connected


class Holder:
    """Releases when it is collected."""

    def __init__(self, pool: ConnectionPool, connection: AbstractConnection) -> None:
        self.pool, self.connection = pool, connection

    def __del__(self) -> None:
        self.pool.release(self.connection)


@pytest.mark.parametrize("collect", ["reference count", "garbage collector"])
async def test_a_finalizer_may_release_inside_the_pool(
    collect: Literal["reference count", "garbage collector"],
) -> None:
    pool = wires()
    holders = [Holder(pool, await pool.get_connection())]
    with pool._lock:
        if collect == "garbage collector":
            holders.append(holders)  # type: ignore[arg-type]  # a cycle, for the collector
            holders.clear()
            gc.collect()
        holders.clear()

    assert count_of(pool) == (0, 1, 0)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_is_released_inside_the_pool_reaches_who_waits(
    monkeypatch: pytest.MonkeyPatch, when: Literal["before", "after"]
) -> None:
    pool = wires()
    holders = [Holder(pool, await pool.get_connection())]
    join = pool._queues.join

    def drop_and_join(waiter: Waiter[Slot]) -> None:
        if when == "before":
            holders.clear()
        join(waiter)
        holders.clear()

    monkeypatch.setattr(pool._queues, "join", drop_and_join)
    await pool.get_connection()

    assert count_of(pool) == (1, 0, 0)


async def test_a_release_without_a_loop_is_done() -> None:
    pool = wires()
    connection = await pool.get_connection()
    await asyncio.get_running_loop().run_in_executor(None, pool.release, connection)

    assert count_of(pool) == (0, 1, 0)


@pytest.mark.parametrize("spoilt", ["reply", "end", "closing", "partial reply"])
async def test_a_connection_that_is_not_clean_is_replaced_before_it_is_lent(spoilt: str) -> None:
    pool = wires(timeout=0)
    connection = wire(await pool.get_connection())
    assert connection._reader is not None
    if spoilt == "reply":
        connection._reader.feed_data(b"+OK\r\n")
    elif spoilt == "end":
        connection._reader.feed_eof()
    elif spoilt == "closing":
        connection.line.closed = True
    else:
        connection.set_parser(redis._parsers._AsyncRESP2Parser)
        await pool.release(connection)
        connection._reader = StreamReader()  # so that the pool looks at the parser anew
        connection = wire(await pool.get_connection())
        connection._parser._chunks.append(b"$5\r\n")  # type: ignore[attr-defined]  # Python's has it
    await pool.release(connection)
    other = wire(await pool.get_connection())

    assert other is not connection
    assert (connection.line.closed, connection.is_connected) == (True, False)
    assert other.is_connected


async def test_a_handed_over_connection_is_checked_too() -> None:
    pool = wires()
    connection = wire(await pool.get_connection())
    waiter = await ask(pool)
    assert connection._reader is not None
    connection._reader.feed_data(b"+OK\r\n")
    await pool.release(connection)

    assert await waiter is not connection


async def test_a_connection_that_cannot_be_clean_is_lent_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Line, "is_closing", lambda _: True)
    pool = wires()
    with pytest.raises(RedisConnectionError, match="closed a new connection, or sent data unasked"):
        await pool.get_connection()

    assert count_of(pool) == (0, 0, 0)


def failing_once(error: BaseException) -> tuple[ConnectionPool, list[Wire]]:
    """A pool whose second connection fails halfway, and all the connections it makes."""
    made: list[Wire] = []

    def make(**kwargs: object) -> Wire:
        made.append(Wire(**kwargs))  # type: ignore[arg-type]  # passed on
        made[-1].fails = error if len(made) == 2 else None
        return made[-1]

    return ConnectionPool(max_connections=1, connection_class=make), made


@pytest.mark.parametrize("error", [RedisConnectionError, KeyboardInterrupt])
async def test_a_failure_to_connect_is_its_callers_and_gives_the_slot_back(
    error: type[BaseException],
) -> None:
    pool, made = failing_once(error())
    async with pool.connection() as connection:
        await connection.disconnect()
    with pytest.raises(error):
        await pool.get_connection()

    assert (made[1].line.closed, made[1].is_connected) == (True, False)
    assert count_of(pool) == (0, 0, 0)
    assert await pool.get_connection() is made[2]


async def test_a_failure_to_connect_lets_the_next_waiter_try() -> None:
    pool, made = failing_once(RedisConnectionError("refused"))
    connection = await pool.get_connection()
    first, second = await ask(pool), await ask(pool)
    await connection.disconnect()
    await pool.release(connection)
    with pytest.raises(RedisConnectionError, match="refused"):
        await first

    assert await second is made[2]


async def test_arguments_that_the_connection_refuses_cost_no_slot() -> None:
    pool = wires(no_such_argument=1)
    for _ in range(2):
        with pytest.raises(TypeError, match="no_such_argument"):
            await pool.get_connection()

    assert count_of(pool) == (0, 0, 0)


async def test_closing_tells_every_waiter() -> None:
    pool = wires(timeout=None)
    await pool.get_connection()
    tasks = [await ask(pool) for _ in range(3)]
    await pool.aclose()
    for task in tasks:
        with pytest.raises(PoolClosedError, match="make a new pool"):
            await task

    assert count_of(pool) == (1, 0, 0)


async def test_closing_disconnects_idle_connections_now_and_held_ones_when_released() -> None:
    pool = wires(2)
    idle, held = wire(await pool.get_connection()), wire(await pool.get_connection())
    await pool.release(idle)
    await pool.close()

    assert (idle.line.closed, held.line.closed) == (True, False)
    pool.release(held)
    assert (held.line.closed, held.is_connected) == (True, False)
    assert count_of(pool) == (0, 0, 0)


async def test_a_pool_closed_while_a_caller_connects_keeps_nothing_open() -> None:
    pool = wires()
    task = create_task(pool.get_connection())
    await until(lambda: pool._queues.in_use == 1)
    await pool.aclose()
    connection = None
    with suppress(PoolClosedError):
        connection = wire(await task)
        await pool.release(connection)

    assert connection is None or connection.line.closed
    assert count_of(pool) == (0, 0, 0)


async def test_closing_is_done_although_its_task_is_cancelled() -> None:
    pool = wires()
    async with pool.connection() as connection:
        pass
    task = create_task(pool.aclose())
    await until(lambda: pool._queues.closed)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert wire(connection).line.closed
    with pytest.raises(PoolClosedError):
        await pool.get_connection()


async def test_a_closed_pool_stays_closed() -> None:
    pool = wires()
    await pool.aclose()
    await pool.aclose()
    await pool.disconnect()
    pool.reset()
    with pytest.raises(PoolClosedError, match="make a new pool"):
        await pool.get_connection()


async def test_a_pool_is_closed_at_the_end_of_its_block() -> None:
    async with wires() as pool, pool.connection() as connection:
        pass

    assert wire(connection).line.closed
    with pytest.raises(PoolClosedError):
        await pool.get_connection()


@pytest.mark.parametrize("inuse_connections", [True, False])
async def test_disconnecting_keeps_the_pool_and_its_slots(inuse_connections: bool) -> None:
    pool = wires(2, timeout=0)
    idle, held = wire(await pool.get_connection()), wire(await pool.get_connection())
    await pool.release(idle)
    await pool.disconnect(inuse_connections)

    assert (True, inuse_connections) == (idle.line.closed, held.line.closed)
    await pool.release(held)
    assert [wire(await pool.get_connection()).is_connected for _ in range(2)] == [True, True]
    with pytest.raises(ConnectionPoolTimeoutError):
        await pool.get_connection()


async def test_a_retry_is_set_on_all_connections() -> None:
    pool = wires(3)
    idle, held = await pool.get_connection(), await pool.get_connection()
    await pool.release(idle)
    pool.set_retry(Retry(NoBackoff(), 7))
    await pool.get_connection()
    new = await pool.get_connection()

    assert [connection.retry._retries for connection in (idle, held, new)] == [7, 7, 7]


async def test_new_credentials_end_the_connections_made_with_the_old() -> None:
    pool = wires(2)
    idle, held = wire(await pool.get_connection()), wire(await pool.get_connection())
    await pool.release(idle)
    await pool.re_auth_callback("token")

    assert (idle.line.closed, held.line.closed) == (True, False)
    await pool.release(held)
    assert held.line.closed
    new = await pool.get_connection()
    await pool.release(new)
    assert not wire(new).line.closed


async def test_it_counts_connections_as_redis_py_does() -> None:
    pool = wires(3)
    idle = await pool.get_connection()
    await pool.get_connection()
    await pool.release(idle)

    assert [
        (count, state["db.client.connection.state"]) for count, state in pool.get_connection_count()
    ] == [(1, "idle"), (1, "used")]


async def test_nothing_that_is_shown_carries_a_credential() -> None:
    pool = wires(timeout=0, host="localhost", port=1, username="alice", password="secret")
    shown = [repr(pool)]
    connection = await pool.get_connection()
    with pytest.raises(ConnectionPoolTimeoutError) as exhausted:
        await pool.get_connection()
    await pool.release(connection)
    with pytest.raises(ValueError, match="once") as refused:
        await pool.release(connection)
    await pool.aclose()
    with pytest.raises(PoolClosedError) as closed:
        await pool.get_connection()
    shown += [str(error.value) for error in (exhausted, refused, closed)]

    assert "host=localhost port=1 db=0 max_connections=1 in_use=0 idle=0 waiting=0" in shown[0]
    assert not [text for text in shown if "alice" in text or "secret" in text]


async def test_a_pool_that_nobody_has_any_more_is_gone_without_a_collector() -> None:
    pool = wires()
    async with pool.connection():
        pass
    gone = weakref.ref(pool)
    del pool

    assert gone() is None


def test_a_pool_made_outside_a_loop_works_in_one_after_another() -> None:
    pool = wires(timeout=0)

    async def use() -> Wire:
        async with pool.connection() as connection:
            return wire(connection)

    first, second = asyncio.run(use()), asyncio.run(use())

    assert first is not second
    assert (first.line.closed, second.line.closed) == (True, False)


def test_a_waiter_that_died_with_its_loop_is_passed_over() -> None:
    pool = wires(timeout=0)
    held = asyncio.run(pool.get_connection())
    pool.timeout = None
    loop = asyncio.new_event_loop()
    stranded = loop.create_task(pool.get_connection())
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()

    assert count_of(pool) == (1, 0, 1)
    pool.release(held)
    assert count_of(pool) == (0, 1, 0)
    assert not stranded.done()
    stranded._log_destroy_pending = False  # type: ignore[attr-defined]  # its loss is the point
