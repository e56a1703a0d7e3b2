"""Asyncio pools that go wrong when connections break, or carry what nobody has read."""

import asyncio

import redis
from redis.asyncio import Connection

from .conviction import convicted_by
from .outage_async import look_at
from .sound_async import SoundAsyncPool


@convicted_by("BRK-1", "BRK-2")
class LooksOnlyWhenATaskGivesBack(SoundAsyncPool):
    """Sees that a connection has broken when it is released, and not when it broke later."""

    def prepare(self) -> None:
        self.spoilt: set[Connection] = set()

    def is_spoilt(self, connection: Connection) -> bool:
        return connection in self.spoilt

    def put_back(self, connection: Connection) -> None:
        self.spoilt.discard(connection)
        if connection.is_connected and super().is_spoilt(connection):
            self.spoilt.add(connection)
        super().put_back(connection)


@convicted_by("BRK-2")
class GoesByTheEndOfAStreamAlone(SoundAsyncPool):
    """Takes a connection that carries unread bytes for one that works."""

    def is_spoilt(self, connection: Connection) -> bool:
        return self.has_ended(connection)


@convicted_by("BRK-3", "BRK-5")
class ForgetsTheSlotOfABrokenStream(SoundAsyncPool):
    """Throws away what has broken when it is released, and still counts it."""

    def put_back(self, connection: Connection) -> None:
        if self.has_ended(connection):
            connection._close()
        else:
            super().put_back(connection)


@convicted_by("BRK-1")
class LetsAnAwaitedLookEscape(SoundAsyncPool):
    """Knows of one error that a look at a connection may raise."""

    async def make_ready(self, connection: Connection) -> None:
        await super().make_ready(connection)
        try:
            await look_at(connection)
        except redis.ConnectionError:
            await connection.disconnect(nowait=True)
            await connection.connect()


@convicted_by("BRK-3")
class GivesBackALittleLater(SoundAsyncPool):
    """Has a task take back what has broken, and does not wait for it."""

    def prepare(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()

    async def release(self, connection: Connection) -> None:
        if connection in self.in_use and (
            not connection.is_connected or self.has_ended(connection)
        ):
            task = asyncio.ensure_future(super().release(connection))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        else:
            await super().release(connection)
