"""Pools that lose count."""

import redis

from .sound import SoundPool


class OpensOneTooMany(SoundPool):
    """Compares with the wrong sign."""

    def available(self) -> bool:
        return bool(self.idle) or self.opened <= self.max_connections


class KeepsOneSlotBack(SoundPool):
    """Never opens the last connection of several."""

    def available(self) -> bool:
        return bool(self.idle) or self.opened < max(1, self.max_connections - 1)


class LosesTheSlotOfAClosedConnection(SoundPool):
    """Throws away what its holder has closed, and still counts it."""

    def put_back(self, connection: redis.Connection) -> None:
        if connection.is_connected:
            super().put_back(connection)


class TakesAnyMaxConnections(SoundPool):
    """Reads whatever is no bound as a bound of its own choosing."""

    def __init__(self, *, max_connections: object = 10, **arguments: object) -> None:
        sensible = type(max_connections) is int and max_connections > 0
        most = max_connections if isinstance(max_connections, int) and sensible else 10
        super().__init__(max_connections=most, **arguments)  # type: ignore[arg-type]  # passed on


class LooksBeforeItCounts(SoundPool):
    """Sees a slot unused and takes it a moment later, without the lock; others see it, too."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        if not self.waiters and not self.idle and self.opened < self.max_connections:
            connection = self.open()
            self.in_use.add(connection)
            return connection
        return super().wait_for_connection(timeout)
