"""Asyncio pools that do not find back when the server was there and answered nobody."""

import sys
from collections.abc import Callable

import redis
from redis.asyncio import Connection

from .sound_async import SoundAsyncPool


class LosesTheSlotOfATaskThatIsNotGreeted(SoundAsyncPool):
    """Gives the slot back when nobody lets it in, and forgets it when it is let in and not greeted."""

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.TimeoutError) or connection.is_connected:
            await super().give_up(connection, raised)


class ForgetsTheSlotOfASilentStream(SoundAsyncPool):
    """Throws away what did not answer its holder in time, and still counts it."""

    def open(self) -> Connection:
        self.opened += 1
        noting: Callable[..., Connection] = Noting
        return noting(**self.connection_kwargs)

    def put_back(self, connection: Connection) -> None:
        assert isinstance(connection, Noting)
        if not connection.was_silent:
            super().put_back(connection)


class Noting(Connection):
    """Notes that a reply did not come in time."""

    was_silent = False

    async def disconnect(
        self,
        nowait: bool = False,
        error: Exception | None = None,
        failure_count: int | None = None,
        health_check_failed: bool = False,
    ) -> None:
        if isinstance(sys.exception(), TimeoutError | redis.TimeoutError):
            self.was_silent = True
        await super().disconnect(nowait, error, failure_count, health_check_failed)
