"""Asyncio pools whose promises depend on who runs next."""

import asyncio
from contextlib import suppress

from redis.asyncio import Connection

from .conviction import convicted_by
from .sound_async import SoundAsyncPool


@convicted_by("BND-1")
class CountsWhenConnected(SoundAsyncPool):
    """Sees a slot unused, connects, and only then counts it; other tasks see it, too."""

    async def get_connection(self, command_name: str | None = None) -> Connection:
        if self.waiters or self.idle or self.opened >= self.max_connections:
            return await super().get_connection()
        connection = self.connection_class(**self.connection_kwargs)
        try:
            await connection.connect()
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        self.opened += 1
        self.in_use.add(connection)
        return connection


@convicted_by("TMO-6", "BND-3", "PRG-1")
class GoesByTheAlarmAlone(SoundAsyncPool):
    """Goes away with nothing when its time is over, though it was just handed a connection."""

    async def wait_for_connection(self) -> Connection | None:
        if not self.timeout:
            return await super().wait_for_connection()
        waiter = self.join()
        try:
            async with asyncio.timeout(self.timeout):
                return await waiter
        except TimeoutError:
            self.leave(waiter)
            return None
        except BaseException:
            self.abandon(waiter)
            raise


@convicted_by("PRG-1")
class ConnectsOneAtATime(SoundAsyncPool):
    """Lets nobody out while the server takes its time."""

    def prepare(self) -> None:
        self.connecting = asyncio.Lock()

    async def connect(self, connection: Connection) -> None:
        try:
            await self.connecting.acquire()
        except BaseException:
            self.give_back(connection)
            raise
        try:
            await super().connect(connection)
        finally:
            self.connecting.release()


@convicted_by("PRG-1")
class OpensOneAgainAtATime(SoundAsyncPool):
    """Looks at its connections one at a time, and opens again meanwhile what has broken."""

    def prepare(self) -> None:
        self.looking = asyncio.Lock()

    async def make_ready(self, connection: Connection) -> None:
        await connection.connect()
        async with self.looking:
            await super().make_ready(connection)


@convicted_by("PRG-1", "FAIR-1", "FAIR-2")
class RingsOnceForTwoTasks(SoundAsyncPool):
    """Has one bell for all, which rings no louder when two have reason to ring it."""

    def prepare(self) -> None:
        self.bell: asyncio.Queue[None] = asyncio.Queue(1)

    async def wait_for_connection(self) -> Connection | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.timeout):
                while not self.available():
                    await self.bell.get()
                return self.lend()
        return None

    def serve(self) -> None:
        with suppress(asyncio.QueueFull):
            self.bell.put_nowait(None)
