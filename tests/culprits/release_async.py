"""Asyncio pools in which a release holds others up."""

import asyncio

from redis.asyncio import Connection

from .conviction import convicted_by
from .sound import is_due
from .sound_async import SoundAsyncPool


@convicted_by("RET-5", "BRK-3", "CAN-4")
class ClosesOneAtATime(SoundAsyncPool):
    """Lets no task acquire or release while it closes what is to be opened again."""

    def prepare(self) -> None:
        self.closing = asyncio.Lock()

    async def wait_for_connection(self) -> Connection | None:
        async with self.closing:
            pass
        return await super().wait_for_connection()

    async def release(self, connection: Connection) -> None:
        async with self.closing:
            try:
                if connection in self.in_use and is_due(connection):
                    await connection.disconnect()
            finally:
                await super().release(connection)
