"""Asyncio pools that go wrong when a command is cancelled in the middle.

The client closes the connection then, and releases it: what was sent cannot be taken back.
"""

from collections.abc import Callable

from redis.asyncio import Connection

from .conviction import convicted_by
from .sound_async import SoundAsyncPool


@convicted_by("BRK-6")
class LendsOnWhatItsHolderGaveUp(SoundAsyncPool):
    """Saves itself the reconnect, so that the reply is still to come when the next caller asks."""

    def open(self) -> Connection:
        self.opened += 1
        unclosing: Callable[..., Connection] = Unclosing
        return unclosing(**self.connection_kwargs)

    async def connect(self, connection: Connection) -> None:
        assert isinstance(connection, Unclosing)
        connection.is_lent = False
        await super().connect(connection)
        connection.is_lent = True


class Unclosing(Connection):
    """Once it is lent, takes closing in a hurry for something that can wait."""

    is_lent = False

    async def disconnect(
        self,
        nowait: bool = False,
        error: Exception | None = None,
        failure_count: int | None = None,
        health_check_failed: bool = False,
    ) -> None:
        if not (nowait and self.is_lent):
            await super().disconnect(nowait, error, failure_count, health_check_failed)


@convicted_by("CAN-4", "BND-3", "CAN-3", "BRK-3", "BRK-4", "BRK-5", "API-1")
class LosesWhatItsHolderClosed(SoundAsyncPool):
    """Throws a closed connection away, and its slot with it."""

    def put_back(self, connection: Connection) -> None:
        if connection.is_connected:
            super().put_back(connection)
