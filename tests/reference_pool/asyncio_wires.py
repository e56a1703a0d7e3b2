"""The connections that lead nowhere once more, for tasks."""

import asyncio
from asyncio import StreamReader, Task, create_task, sleep
from collections.abc import Callable
from typing import cast

import redis.asyncio
from redis.asyncio.connection import AbstractConnection

from poolproof.reference_pool.asyncio import ConnectionPool

from . import PATIENCE_S
from .inside import waiting


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


def is_open(connection: AbstractConnection) -> bool:
    """Whether it is connected; if not, its transport must be closed."""
    closed = wire(connection).line.closed
    assert closed is not connection.is_connected
    return not closed


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
    await until(waiting(pool, before + 1))
    return task


async def outcome(asked: Task[AbstractConnection]) -> AbstractConnection:
    """What a caller who waited has got, or raised."""
    return await asked
