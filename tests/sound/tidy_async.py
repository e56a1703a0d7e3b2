"""Pools for asyncio that close what is no good any more when it is given back."""

import asyncio
from contextlib import suppress

from culprits.sound import is_due
from culprits.sound_async import SoundAsyncPool
from redis.asyncio import Connection


class TidyAsyncPool(SoundAsyncPool):
    """Waits until it is closed, and has its slot back also if it is cancelled there."""

    async def release(self, connection: Connection) -> None:
        try:
            if connection in self.in_use and self.is_no_good(connection):
                await connection.disconnect()
        finally:
            await super().release(connection)

    def is_no_good(self, connection: Connection) -> bool:
        return is_due(connection) or self.is_spoilt(connection)


class ShieldingAsyncPool(TidyAsyncPool):
    """Goes on with a release whose caller is cancelled."""

    async def release(self, connection: Connection) -> None:
        await asyncio.shield(super().release(connection))


class ReplacingAsyncPool(TidyAsyncPool):
    """Lends another connection in its place, and closes it when there is time."""

    def prepare(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()

    async def release(self, connection: Connection) -> None:
        if connection not in self.in_use or not self.is_no_good(connection):
            await SoundAsyncPool.release(self, connection)
            return
        self.in_use.remove(connection)
        self.opened -= 1
        task = asyncio.ensure_future(self.end(connection))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        self.serve()

    async def end(self, connection: Connection) -> None:
        with suppress(Exception):  # it is of no use any more, however it ends
            await connection.disconnect()
