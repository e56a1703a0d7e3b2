"""A pool for asyncio that leaves it to the first command on a connection to open it."""

from culprits.sound_async import SoundAsyncPool
from redis.asyncio import Connection


class LazyAsyncPool(SoundAsyncPool):
    """Opens nothing itself."""

    async def make_ready(self, connection: Connection) -> None:
        if connection.is_connected and self.is_spoilt(connection):
            await connection.disconnect(nowait=True)
