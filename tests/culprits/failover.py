"""Pools that do not find back when the server has refused whoever writes, as a replica does."""

from collections.abc import Callable

import redis

from .sound import SoundPool


class ForgetsTheSlotOfWhoMetAReplica(SoundPool):
    """Throws away what was refused, to connect to whoever leads by then, and still counts it."""

    def open(self) -> redis.Connection:
        self.opened += 1
        noting: Callable[..., redis.Connection] = Noting
        return noting(**self.connection_kwargs)

    def put_back(self, connection: redis.Connection) -> None:
        assert isinstance(connection, Noting)
        if not connection.met_a_replica:
            super().put_back(connection)


class Noting(redis.Connection):
    """Notes that the server is a replica."""

    met_a_replica = False

    def read_response(self, *arguments: object, **options: object) -> object:
        read: Callable[..., object] = super().read_response
        try:
            return read(*arguments, **options)
        except redis.ReadOnlyError:
            self.met_a_replica = True
            raise
