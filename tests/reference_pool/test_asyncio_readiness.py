"""On a real server: a connection that is cut or carries an unread reply is never lent as it is."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest
import redis
from at_server import end_connection, where
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from poolproof.conformance.server import Server
from poolproof.reference_pool.asyncio import ConnectionPool

from . import PATIENCE_S

# The parser of redis-py, and before it the one over hiredis where that is installed.
PARSERS = dict.fromkeys([redis.asyncio.connection.DefaultParser, redis._parsers._AsyncRESP2Parser])


@pytest.fixture(params=PARSERS, ids=lambda parser: parser.__name__)
def pool(request: pytest.FixtureRequest, server: Server) -> ConnectionPool:
    """A pool of one connection."""
    return ConnectionPool(
        **where(server),
        protocol=2,
        parser_class=request.param,
        socket_timeout=PATIENCE_S,
        max_connections=1,
        timeout=0,
    )


async def say(connection: AbstractConnection, *words: str | int) -> object:
    await connection.send_command(*words)
    return await connection.read_response()


async def arrival(connection: AbstractConnection) -> None:
    """Return once the loop has seen the server's bytes, or its farewell."""
    reader = connection._reader
    assert reader is not None
    if not (reader._buffer or reader.at_eof()):  # type: ignore[attr-defined]  # named in no stub
        await reader._wait_for_data("arrival")  # type: ignore[attr-defined]  # ditto


async def test_a_clean_connection_is_lent_again_as_it_is(pool: ConnectionPool) -> None:
    identities = set()
    async with pool:
        for _ in range(3):
            async with pool.connection() as connection:
                await say(connection, "SET", "poolproof:readiness", "x" * 100_000)
                await say(connection, "GET", "poolproof:readiness")
                await say(connection, "DEL", "poolproof:readiness")
                with pytest.raises(redis.ResponseError):
                    await say(connection, "NO", "SUCH", "COMMAND")
                identities.add(await say(connection, "CLIENT", "ID"))

    assert len(identities) == 1


async def test_nobody_reads_the_reply_to_anothers_command(pool: ConnectionPool) -> None:
    async with pool:
        async with pool.connection() as connection:
            await connection.send_command("ECHO", "another's")
            await arrival(connection)

        async with pool.connection() as connection:
            assert await say(connection, "ECHO", "mine") == b"mine"


async def test_nobody_reads_a_reply_that_was_read_from_the_socket_with_another(
    pool: ConnectionPool,
) -> None:
    async with pool:
        async with pool.connection() as connection:
            commands = connection.pack_commands([("ECHO", "read"), ("ECHO", "another's")])
            await connection.send_packed_command(commands)
            assert await connection.read_response() == b"read"
            if not connection._parser.__class__.__name__.startswith("_AsyncHiredis"):
                await arrival(connection)

        async with pool.connection() as connection:
            assert await say(connection, "ECHO", "mine") == b"mine"


async def test_a_connection_that_the_server_closed_is_replaced(
    pool: ConnectionPool, server: Server
) -> None:
    async with pool:
        async with pool.connection() as connection:
            before = await say(connection, "CLIENT", "ID")
            end_connection(server, before)
            await arrival(connection)

        async with pool.connection() as connection:
            assert await say(connection, "CLIENT", "ID") != before


@pytest.mark.parametrize("closing", [ConnectionPool.aclose, ConnectionPool.disconnect])
async def test_when_closing_returns_the_sockets_are_closed(
    pool: ConnectionPool, closing: Callable[[ConnectionPool], Awaitable[None]]
) -> None:
    async with pool.connection() as connection:
        writer = connection._writer
    assert writer is not None
    sock = writer.get_extra_info("socket")
    await closing(pool)

    assert sock.fileno() == -1


async def test_a_server_that_cannot_be_reached_costs_no_slot(server: Server) -> None:
    pool = ConnectionPool(host=server.host, port=1, max_connections=1, timeout=0)
    for _ in range(3):
        with pytest.raises(RedisConnectionError, match="onnect"):
            await pool.get_connection()


async def test_a_pool_made_from_a_url_works(server: Server) -> None:
    pool = ConnectionPool.from_url(f"redis://{server.host}:{server.port}/{server.db}")
    pool.connection_kwargs |= {"username": server.username, "password": server.password}
    async with pool, pool.connection() as connection:
        assert await say(connection, "ECHO", "word") == b"word"


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_pool_works_in_one_loop_after_another(pool: ConnectionPool) -> None:
    """Its connections end with their loop: asyncio warns of that, and the pool opens others."""

    async def use() -> object:
        async with pool.connection() as connection:
            return await say(connection, "ECHO", "word")

    async def end() -> object:
        async with pool:
            return await use()

    assert [asyncio.run(use()), asyncio.run(use()), asyncio.run(end())] == [b"word"] * 3
    gc.collect()
