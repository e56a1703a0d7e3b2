"""A pool that closes what is no good any more when it is given back, and whose block is a class."""

from contextlib import AbstractContextManager
from types import TracebackType

import redis
from culprits.sound import SoundPool, is_due


class TidyPool(SoundPool):
    """Has its slot back whatever comes of the closing, and says what came of it. What an interrupt left
    half open is closed when its turn comes.
    """

    def prepare(self) -> None:
        self.unready: set[redis.Connection] = set()
        self.greeted: set[redis.Connection] = set()

    def make_ready(self, connection: redis.Connection) -> None:
        if connection in self.unready:
            connection.disconnect()
            self.unready.remove(connection)
        super().make_ready(connection)
        if connection not in self.greeted:
            connection.send_command("PING")
            connection.read_response(disconnect_on_error=False)
            self.greeted.add(connection)

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if isinstance(raised, Exception):
            super().give_up(connection, raised)
            return
        self.unready.add(connection)
        self.release(connection)

    def release(self, connection: redis.Connection) -> None:
        try:
            if connection in self.in_use and self.is_no_good(connection):
                connection.disconnect()
        finally:
            super().release(connection)

    def is_no_good(self, connection: redis.Connection) -> bool:
        return connection.is_connected and (is_due(connection) or self.is_spoilt(connection))

    def connection(self) -> "Block":  # type: ignore[override]  # it is a context manager, too
        return Block(self)


class Block(AbstractContextManager[redis.Connection]):
    """Holds a connection from its beginning to its end."""

    def __init__(self, pool: TidyPool) -> None:
        self.pool = pool

    def __enter__(self) -> redis.Connection:
        self.held = self.pool.get_connection()
        return self.held

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pool.release(self.held)
