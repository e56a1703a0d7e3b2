"""
The pool for asyncio: waiting and connecting can be cancelled, wherever they await and at any moment. So
whatever must happen then happens in one go, without awaiting: who awaits can be cancelled once more.
"""

from __future__ import annotations

from asyncio import get_running_loop, sleep
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

import redis.asyncio
from redis.asyncio.connection import parse_url

from ..base import BasePool
from .over import OVER, Over
from .slot import Slot
from .waiter import Waiter

if TYPE_CHECKING:  # older clients have no such class
    from redis.asyncio.connection import AbstractConnection


class ConnectionPool(BasePool["AbstractConnection", Slot]):
    """
    A `BasePool` for the tasks of one event loop, hence of one thread. It may be made before the
    loop runs.
    """

    _slot_class = Slot
    _default_connection_class = redis.asyncio.Connection
    _parse_url = staticmethod(parse_url)
    _kept: object = None

    def reset(self) -> None:
        """Start empty, for a fork's child, and keep what there was."""
        # A stream that is collected closes itself, and has the selector forget the socket: the
        # selector that the child shares with its parent.
        self._kept = self._kept, self._queues
        super().reset()

    async def get_connection(self, *_command: object, **_options: object) -> AbstractConnection:
        """A connection that is connected and clean, for this caller alone until `release`."""
        slot = self._queues.take()
        if slot is None:
            slot = await self._wait()
        try:
            connection = slot.ready()
            if connection is None:
                connection = await slot.open(self._new_connection)
        except BaseException:
            if self._queues.give(slot):
                self._serve()
            raise
        self._in_use[connection] = slot
        return connection

    def release(self, connection: AbstractConnection) -> Over:
        """
        Give a connection back, in whatever state it is. It is back as soon as this was called,
        whatever becomes of the awaiting.
        """
        slot = self._in_use.pop(connection, None)
        if slot is None:
            self._refuse(connection)
            return OVER
        try:
            if slot.should_reconnect():
                slot.close()
        finally:
            if self._queues.give(slot):
                self._serve()
        return OVER

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AbstractConnection]:
        """A connection for the length of an `async with` block."""
        connection = await self.get_connection()
        try:
            yield connection
        finally:
            await self.release(connection)

    async def disconnect(self, inuse_connections: bool = True) -> None:
        """Close the sockets, also those in use if asked; the pool stays open and connects anew."""
        self._disconnect(inuse_connections=inuse_connections)
        await sleep(0)  # the loop closes sockets in its next round

    async def aclose(self) -> None:
        """Close for good: waiters are told now, connections in use are closed when released."""
        self._close()
        await sleep(0)

    close = aclose

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def re_auth_callback(self, _token: object) -> None:
        """The credentials changed: connections made with the old ones are given up once unused."""
        self._give_up()

    async def _wait(self) -> Slot:
        """The slot that is handed to this caller in its turn, which may be at once."""
        waiter: Waiter[Slot] = Waiter()
        time = get_running_loop().time
        started = time()
        try:
            self._join(waiter)
            answer = await waiter.wait(self.timeout)
        except BaseException:
            self._interrupted(waiter)
            raise
        return self._answered(waiter, answer, time() - started)
