"""Asyncio pools that do not say what they should when a wait was in vain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Connection

from .conviction import convicted_by
from .sound_async import SoundAsyncPool


@convicted_by("TMO-3")
class HidesTheTimeoutBehindItsAsyncBlock(SoundAsyncPool):
    """Releases at the end of its block also what it has not got, and complains of that."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        connection = None
        try:
            connection = await self.get_connection()
            yield connection
        finally:
            await self.release(connection)  # type: ignore[arg-type]  # that is its sin
