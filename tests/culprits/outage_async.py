"""Asyncio pools that do not find back when the server has been away."""

import redis
from redis.asyncio import Connection

from .conviction import convicted_by
from .sound import is_due
from .sound_async import SoundAsyncPool


@convicted_by("BRK-4", "BRK-5")
class LosesTheSlotOfARefusedConnect(SoundAsyncPool):
    """Gives the slot back after a cancellation, and forgets it when the server lets nobody in."""

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.ConnectionError):
            await super().give_up(connection, raised)


@convicted_by("BRK-4", "BRK-5")
class KeepsARefusedConnectFromTheNext(SoundAsyncPool):
    """Takes the slot of a failed connect back, and tells nobody."""

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        if isinstance(raised, redis.ConnectionError):
            self.in_use.remove(connection)
            self.put_back(connection)
        else:
            await super().give_up(connection, raised)


@convicted_by("BRK-5")
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


@convicted_by("BRK-4", "BRK-5")
class ForgetsTheSlotOfATaskThatIsTurnedAway(SoundAsyncPool):
    """Gives the slot back when nobody listens, and forgets it when a server does not let it in."""

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.ConnectionError) or isinstance(raised.__context__, OSError):
            await super().give_up(connection, raised)


@convicted_by("BRK-4")
class CountsAStreamThatItCannotMake(SoundAsyncPool):
    """Has counted a connection before there is one."""

    def open(self) -> Connection:
        self.opened += 1
        return self.connection_class(**self.connection_kwargs)


@convicted_by("BRK-4")
class ReckonsWithErrorsOfItsServerOnly(SoundAsyncPool):
    """Gives the slot back when the server is to blame, and forgets it when anybody else is."""

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        if isinstance(raised, redis.RedisError) or not isinstance(raised, Exception):
            await super().give_up(connection, raised)


@convicted_by("BRK-4", "BRK-1")
class LooksWhereNothingCanGoWrong(SoundAsyncPool):
    """Gives the slot back when it cannot connect, and forgets it when it cannot look."""

    async def connect(self, connection: Connection) -> None:
        await super().connect(connection)
        await look_at(connection)


@convicted_by("BRK-4", "BRK-1")
class TrustsThatAwaitedClosingSucceeds(SoundAsyncPool):
    """Closes what it gives up before it gives the slot back, and closing may raise."""

    async def make_ready(self, connection: Connection) -> None:
        await super().make_ready(connection)
        if await look_at(connection):
            raise redis.ConnectionError("something has been left unread")

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        await connection.disconnect(nowait=True)
        self.give_back(connection)


@convicted_by("BRK-4")
class ForgetsWhatItFailsToClose(SoundAsyncPool):
    """Keeps of its idle connections those that it has closed, when it disconnects."""

    async def disconnect(self) -> None:
        idle = [*self.idle]
        self.idle.clear()
        for connection in idle:
            await connection.disconnect(nowait=True)
            self.put_back(connection)


@convicted_by("BRK-4", "BRK-5", "CAN-4")
class ClosesBeforeItHasBack(SoundAsyncPool):
    """Closes all that comes back, and only then has it."""

    async def release(self, connection: Connection) -> None:
        if connection not in self.in_use:
            raise ValueError("this connection is not in use")
        self.in_use.remove(connection)
        await connection.disconnect(nowait=True)
        self.put_back(connection)
        self.serve()


async def look_at(connection: Connection) -> bool:
    """Whether there is anything to read on it. Older clients know another name for it only."""
    look = getattr(connection, "can_read", None) or connection.can_read_destructive
    return bool(await look())


@convicted_by("BRK-5", "CAN-4")
class ClosesWhatIsDueBeforeItHasBack(SoundAsyncPool):
    """Closes what is to be opened again, and only then has it."""

    async def release(self, connection: Connection) -> None:
        if connection in self.in_use and is_due(connection):
            self.in_use.remove(connection)
            await connection.disconnect(nowait=True)
            self.in_use.add(connection)
        await super().release(connection)
