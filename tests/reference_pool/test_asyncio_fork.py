"""After a fork the child starts with an empty pool, and its parent's loop goes on as if nothing was."""

import asyncio
import gc
from collections.abc import Callable, Coroutine

import pytest
from at_server import where
from redis.asyncio.connection import AbstractConnection

from poolproof.conformance.server import Server
from poolproof.reference_pool.asyncio import ConnectionPool

from . import PATIENCE_S
from .forking import FORKS, in_child

pytestmark = FORKS


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


def in_loop_of_child(work: Callable[[], Coroutine[object, object, str]]) -> str:
    return in_child(lambda: asyncio.run(work()))


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

        childs = set(in_loop_of_child(work).split())

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

        assert in_loop_of_child(work) == "closed"
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

        assert in_loop_of_child(work) == "False"
        assert await identity(held) == before
        await pool.release(held)
