"""The sound pool once more, for the tasks of an asyncio loop.

A step between two awaits is never interrupted, so it needs no lock. What is handed over is the result
of the waiter's future: whichever comes first, a connection, the end of its time or a cancellation,
settles it. A task that is cancelled afterwards finds the connection there and passes it on.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from redis._parsers import Encoder
from redis.asyncio import Connection

from .arguments import ChecksArguments
from .sound import ExhaustedError

Waiter = asyncio.Future[Connection | None]
"""Ends with a connection, or with None when the time is over."""


class SoundAsyncPool(ChecksArguments):
    """Upholds every clause."""

    def __init__(
        self,
        *,
        max_connections: int = 10,
        timeout: float | None = 5,
        connection_class: Callable[..., Connection] = Connection,
        **connection_kwargs: object,
    ) -> None:
        self.check_max_connections(max_connections)
        self.check_timeout(timeout)
        self.max_connections = max_connections
        self.timeout = timeout
        self.connection_class = connection_class
        self.connection_kwargs = connection_kwargs
        self.opened = 0
        self.idle: deque[Connection] = deque()
        self.in_use: set[Connection] = set()
        self.waiters: deque[Waiter] = deque()
        self.prepare()

    def prepare(self) -> None:
        """Whatever else a pool of this kind begins with."""

    async def get_connection(self, command_name: str | None = None) -> Connection:
        connection = await self.wait_for_connection()
        if connection is None:
            raise self.exhausted()
        await self.connect(connection)
        return connection

    async def wait_for_connection(self) -> Connection | None:
        """The connection that was handed to this caller within `timeout` seconds."""
        return await self.wait_at_most(self.timeout)

    async def wait_at_most(self, seconds: float | None) -> Connection | None:
        waiter = self.join()
        if seconds == 0:
            self.expire(waiter)
        if waiter.done():
            return waiter.result()
        timer = None
        if seconds is not None:
            timer = waiter.get_loop().call_later(seconds, self.expire, waiter)
        try:
            return await waiter
        except BaseException:
            self.abandon(waiter)
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def join(self) -> Waiter:
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        try:
            self.serve()
        except BaseException:
            self.leave(waiter)
            raise
        return waiter

    def leave(self, waiter: Waiter) -> None:
        with suppress(ValueError):
            self.waiters.remove(waiter)

    def expire(self, waiter: Waiter) -> None:
        if not waiter.done():
            self.leave(waiter)
            waiter.set_result(None)

    def abandon(self, waiter: Waiter) -> None:
        """Leave the queue, cancelled, with nothing."""
        self.leave(waiter)
        connection = handed_to(waiter)
        if connection is not None:
            self.give_back(connection)

    def serve(self) -> None:
        """Hand what is available to those who wait."""
        while self.waiters and self.available():
            self.hand_over(self.next_waiter())

    def hand_over(self, waiter: Waiter) -> None:
        if not waiter.done():  # it is, if its task was cancelled and has not run since
            waiter.set_result(self.lend())

    def next_waiter(self) -> Waiter:
        return self.waiters.popleft()

    def available(self) -> bool:
        return bool(self.idle) or self.opened < self.max_connections

    def lend(self) -> Connection:
        connection = self.idle.popleft() if self.idle else self.open()
        self.in_use.add(connection)
        return connection

    def open(self) -> Connection:
        connection = self.connection_class(**self.connection_kwargs)
        self.opened += 1
        return connection

    async def connect(self, connection: Connection) -> None:
        try:
            await self.make_ready(connection)
        except BaseException as raised:
            await self.give_up(connection, raised)
            raise

    async def make_ready(self, connection: Connection) -> None:
        await connection.connect()
        if self.is_spoilt(connection):
            await connection.disconnect(nowait=True)
            await connection.connect()

    def is_spoilt(self, connection: Connection) -> bool:
        """Whether it has been closed at the other end, or carries what nobody has read."""
        reader = connection._reader
        return self.has_ended(connection) or bool(reader and reader._buffer)  # type: ignore[attr-defined]  # asyncio keeps it there

    def has_ended(self, connection: Connection) -> bool:
        """Whether it has been closed at the other end."""
        reader = connection._reader
        return reader is not None and (reader.at_eof() or reader.exception() is not None)

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        """It could not be opened, which its slot must not suffer for."""
        try:
            await connection.disconnect(nowait=True)  # it may have got halfway
        finally:
            self.give_back(connection)

    def exhausted(self) -> Exception:
        return ExhaustedError(f"all {self.max_connections} connections are in use")

    async def release(self, connection: Connection) -> None:
        if connection not in self.in_use:
            raise ValueError("this connection is not in use")
        self.give_back(connection)

    def give_back(self, connection: Connection) -> None:
        self.in_use.remove(connection)
        self.put_back(connection)
        self.serve()

    def put_back(self, connection: Connection) -> None:
        self.idle.append(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        connection = await self.get_connection()
        try:
            yield connection
        finally:
            await self.release(connection)

    async def disconnect(self) -> None:
        for connection in (*self.idle, *self.in_use):
            await connection.disconnect()

    def get_encoder(self) -> Encoder:
        return Encoder("utf-8", "strict", decode_responses=False)

    def get_protocol(self) -> object:
        return self.connection_kwargs.get("protocol")


def handed_to(waiter: Waiter) -> Connection | None:
    """The connection that was handed to a waiter, whether or not its task has heard of it."""
    return waiter.result() if waiter.done() and not waiter.cancelled() else None
