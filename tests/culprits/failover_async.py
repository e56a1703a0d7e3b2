"""Asyncio pools that do not find back when the server has refused whoever writes, as a replica does."""

from collections.abc import Awaitable, Callable

import redis
from redis.asyncio import Connection

from .sound_async import SoundAsyncPool


class ForgetsTheSlotOfATaskThatMetAReplica(SoundAsyncPool):
    """Throws away what was refused, to connect to whoever leads by then, and still counts it."""

    def open(self) -> Connection:
        self.opened += 1
        noting: Callable[..., Connection] = Noting
        return noting(**self.connection_kwargs)

    def put_back(self, connection: Connection) -> None:
        assert isinstance(connection, Noting)
        if not connection.met_a_replica:
            super().put_back(connection)


class Noting(Connection):
    """Notes that the server is a replica."""

    met_a_replica = False

    async def read_response(self, *arguments: object, **options: object) -> object:
        read: Callable[..., Awaitable[object]] = super().read_response
        try:
            return await read(*arguments, **options)
        except redis.ReadOnlyError:
            self.met_a_replica = True
            raise
