"""Connections that lead nowhere, for pools that are tried without a server."""

import redis
import redis.asyncio


class Unwired(redis.Connection):
    """Is never connected, and does not mind."""

    def connect(self) -> None:
        pass

    def disconnect(self, *args: object) -> None:
        pass

    def can_read(self, timeout: float = 0) -> bool:
        return False


class AsyncUnwired(redis.asyncio.Connection):
    """The same, for tasks."""

    async def connect(self) -> None:
        pass

    async def disconnect(self, *args: object, **options: object) -> None:
        pass
