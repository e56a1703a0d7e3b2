"""Asyncio pools that do not find back when the server has been away."""

import redis
from redis.asyncio import Connection

from .sound_async import SoundAsyncPool


class LosesTheSlotOfARefusedConnect(SoundAsyncPool):
    """Gives the slot back after a cancellation, and forgets it when the server lets nobody in."""

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.ConnectionError):
            await super().give_up(connection, raised)


class KeepsARefusedConnectFromTheNext(SoundAsyncPool):
    """Takes the slot of a failed connect back, and tells nobody."""

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        if isinstance(raised, redis.ConnectionError):
            self.in_use.remove(connection)
            self.put_back(connection)
        else:
            await super().give_up(connection, raised)


class LosesWhatCannotBeReplaced(SoundAsyncPool):
    """Keeps its count when a first connect fails, but not when what has broken cannot be replaced."""

    def prepare(self) -> None:
        self.opened_once: set[Connection] = set()

    async def connect(self, connection: Connection) -> None:
        await super().connect(connection)
        self.opened_once.add(connection)

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        if connection not in self.opened_once or not isinstance(raised, redis.ConnectionError):
            await super().give_up(connection, raised)


class ForgetsTheSlotOfATaskThatIsTurnedAway(SoundAsyncPool):
    """Gives the slot back when nobody listens, and forgets it when a server does not let it in."""

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.ConnectionError) or isinstance(raised.__context__, OSError):
            await super().give_up(connection, raised)
