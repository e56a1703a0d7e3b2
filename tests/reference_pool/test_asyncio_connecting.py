"""What is lent is connected and clean, or its slot is free again; no server is needed."""

from asyncio import StreamReader

import pytest
import redis.asyncio
from redis.exceptions import ConnectionError as RedisConnectionError

from poolproof.reference_pool.asyncio import ConnectionPool

from .asyncio_wires import Line, Wire, ask, wire, wires
from .inside import count_of


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
