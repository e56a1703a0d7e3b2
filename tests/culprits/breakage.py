"""Pools that go wrong when connections break, or carry what nobody has read."""

import redis

from .conviction import convicted_by
from .sound import SoundPool


@convicted_by("BRK-1", "BRK-2", "BRK-4")
class LooksOnlyWhenGivenBack(SoundPool):
    """Sees that a connection has broken when it is released, and not when it broke later."""

    def is_spoilt(self, connection: redis.Connection) -> bool:
        return False

    def put_back(self, connection: redis.Connection) -> None:
        if connection.is_connected and super().is_spoilt(connection):
            connection.disconnect()
        super().put_back(connection)


@convicted_by("BRK-2")
class GoesByTheEndAlone(SoundPool):
    """Takes a connection that carries unread bytes for one that works."""

    def is_spoilt(self, connection: redis.Connection) -> bool:
        return has_ended(connection)


@convicted_by("BRK-3", "BRK-5")
class ForgetsTheSlotOfABrokenConnection(SoundPool):
    """Throws away what has broken when it is released, and still counts it."""

    def put_back(self, connection: redis.Connection) -> None:
        if connection.is_connected and has_ended(connection):
            connection.disconnect()
        else:
            super().put_back(connection)


@convicted_by("BRK-1")
class LetsALookEscape(SoundPool):
    """Knows of one error that a look at a connection may raise."""

    def is_spoilt(self, connection: redis.Connection) -> bool:
        try:
            return connection.can_read()
        except redis.ConnectionError:
            return True


def has_ended(connection: redis.Connection) -> bool:
    """Whether it has been closed at the other end."""
    try:
        connection.can_read()
    except (redis.ConnectionError, redis.TimeoutError, OSError):
        return True
    return False
