"""Pools that lose count."""

import redis

from .conviction import convicted_by
from .sound import SoundPool


@convicted_by("BND-1", "BRK-5")
class OpensOneTooMany(SoundPool):
    """Compares with the wrong sign."""

    def available(self) -> bool:
        return bool(self.idle) or self.opened <= self.max_connections


@convicted_by("BND-2", "PRG-1")
class KeepsOneSlotBack(SoundPool):
    """Never opens the last connection of several."""

    def available(self) -> bool:
        return bool(self.idle) or self.opened < max(1, self.max_connections - 1)


@convicted_by("BND-3", "CAN-3", "BRK-3", "BRK-4", "BRK-5", "CLS-3", "API-1")
class LosesTheSlotOfAClosedConnection(SoundPool):
    """Throws away what its holder has closed, and still counts it."""

    def put_back(self, connection: redis.Connection) -> None:
        if connection.is_connected:
            super().put_back(connection)


@convicted_by("BND-4")
class TakesAnyMaxConnections(SoundPool):
    """Reads whatever is no bound as a bound of its own choosing."""

    def __init__(self, *, max_connections: object = 10, **arguments: object) -> None:
        sensible = type(max_connections) is int and max_connections > 0
        most = max_connections if isinstance(max_connections, int) and sensible else 10
        super().__init__(max_connections=most, **arguments)  # type: ignore[arg-type]  # passed on


@convicted_by("BND-1")
class LooksBeforeItCounts(SoundPool):
    """Sees a slot unused and takes it a moment later, without the lock; others see it, too."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        if not self.waiters and not self.idle and self.opened < self.max_connections:
            connection = self.open()
            self.in_use.add(connection)
            return connection
        return super().wait_for_connection(timeout)
