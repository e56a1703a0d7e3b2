"""Asyncio pools that go wrong when connections break, or carry what nobody has read."""

from redis.asyncio import Connection

from .sound_async import SoundAsyncPool


class LooksOnlyWhenATaskGivesBack(SoundAsyncPool):
    """Sees that a connection has broken when it is released, and not when it broke later."""

    def prepare(self) -> None:
        self.spoilt: set[Connection] = set()

    def is_spoilt(self, connection: Connection) -> bool:
        return connection in self.spoilt

    def put_back(self, connection: Connection) -> None:
        self.spoilt.discard(connection)
        if connection.is_connected and super().is_spoilt(connection):
            self.spoilt.add(connection)
        super().put_back(connection)


class GoesByTheEndOfAStreamAlone(SoundAsyncPool):
    """Takes a connection that carries unread bytes for one that works."""

    def is_spoilt(self, connection: Connection) -> bool:
        return self.has_ended(connection)


class ForgetsTheSlotOfABrokenStream(SoundAsyncPool):
    """Throws away what has broken when it is released, and still counts it."""

    def put_back(self, connection: Connection) -> None:
        if self.has_ended(connection):
            connection._close()
        else:
            super().put_back(connection)
