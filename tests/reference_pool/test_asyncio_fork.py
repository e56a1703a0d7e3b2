"""After a fork the child starts with an empty pool, and its parent's loop goes on as if nothing was."""

import asyncio
import gc
import os
import select
import signal
import traceback
from collections.abc import Callable, Coroutine

import pytest
from at_server import where
from redis.asyncio.connection import AbstractConnection

from poolproof.conformance.server import Server
from poolproof.reference_pool.asyncio import ConnectionPool

PATIENCE_S = 20.0

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    # Other tests may have left threads; these children need none of them.
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]


@pytest.fixture
def pool(server: Server) -> ConnectionPool:
    return ConnectionPool(
        **where(server),
        socket_timeout=PATIENCE_S,
        max_connections=2,
        timeout=0,
    )


async def identity(connection: AbstractConnection) -> str:
    await connection.send_command("CLIENT", "ID")
    return str(await connection.read_response())


def in_child(work: Callable[[], Coroutine[object, object, str]]) -> str:
    """What `work` returns in a child of this process, which ends with it."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writable, asyncio.run(work()).encode())
        except BaseException:  # noqa: BLE001  # whatever it is, the parent is to see it
            os.write(writable, traceback.format_exc().encode())
        finally:
            os._exit(0)
    os.close(writable)
    try:
        if not select.select([readable], [], [], PATIENCE_S)[0]:
            os.kill(child, signal.SIGKILL)
        return os.read(readable, 65536).decode()
    finally:
        os.close(readable)
        os.waitpid(child, 0)


async def test_the_child_starts_empty_and_may_open_all_its_connections(
    pool: ConnectionPool,
) -> None:
    async with pool:
        held = await pool.get_connection()
        async with pool.connection() as idle:
            parents = {await identity(held), await identity(idle)}

        async def work() -> str:
            connections = [await pool.get_connection(), await pool.get_connection()]
            return " ".join([await identity(connection) for connection in connections])

        childs = set(in_child(work).split())

        assert len(childs) == 2
        assert not childs & parents
        await pool.release(held)


async def test_the_parents_connections_and_loop_outlive_the_child(pool: ConnectionPool) -> None:
    async with pool:
        held = await pool.get_connection()
        async with pool.connection() as idle:
            parents = [await identity(held), await identity(idle)]
        del idle

        async def work() -> str:
            gc.collect()
            await pool.disconnect()
            await pool.aclose()
            return "closed"

        assert in_child(work) == "closed"
        async with pool.connection() as idle:
            assert [await identity(held), await identity(idle)] == parents
        await pool.release(held)


async def test_the_child_may_release_what_it_inherited(pool: ConnectionPool) -> None:
    async with pool:
        held = await pool.get_connection()
        before = await identity(held)

        async def work() -> str:
            await pool.release(held)
            await pool.release(held)
            async with pool.connection() as connection:
                return str(connection is held)

        assert in_child(work) == "False"
        assert await identity(held) == before
        await pool.release(held)
