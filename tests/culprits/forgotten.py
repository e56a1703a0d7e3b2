"""A sound pool that has back what its holders forget to release, and pools that go wrong over that."""

from typing import cast
from weakref import finalize

import redis

from .conviction import convicted_by
from .sound import SoundPool


class Lease:
    """Stands for a connection until it is released, or until nobody refers to it any more."""

    def __init__(self, pool: "LeasingPool", connection: redis.Connection) -> None:
        self.pool = pool
        self.connection: redis.Connection | None = connection
        self.collection = finalize(self, pool.reclaim, connection)
        self.collection.atexit = False

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)

    def end(self) -> redis.Connection | None:
        """What it stood for, once."""
        connection, self.connection = self.connection, None
        self.collection.detach()
        return connection


class LeasingPool(SoundPool):
    """Upholds every clause."""

    def get_connection(self, command_name: str | None = None) -> redis.Connection:
        lease = Lease(self, super().get_connection(command_name))
        return cast("redis.Connection", lease)

    def release(self, connection: redis.Connection) -> None:
        lease: object = connection
        if not isinstance(lease, Lease):
            super().release(connection)
            return
        ended = lease.end() if lease.pool is self else None
        if ended is None:
            self.refuse(connection)
        else:
            super().release(ended)

    def reclaim(self, connection: redis.Connection) -> None:
        """Nobody can release it any more."""
        super().release(connection)


@convicted_by("BND-1")
class LeavesOpenWhatIsForgotten(LeasingPool):
    """Has room for another connection then, and leaves that one as it is."""

    def prepare(self) -> None:
        self.left: list[redis.Connection] = []

    def reclaim(self, connection: redis.Connection) -> None:
        with self.lock:
            self.left.append(connection)
            self.in_use.remove(connection)
            self.opened -= 1
            self.serve()


@convicted_by("RET-2")
class TakesBackTwiceWhatIsForgotten(LeasingPool):
    """Has it back from the garbage collector, and from its own search for what is missing."""

    def reclaim(self, connection: redis.Connection) -> None:
        with self.lock:
            if connection in self.in_use:  # it is not, once two had it of whom one is gone
                self.idle.append(connection)
                super().reclaim(connection)


@convicted_by("BND-3")
class ServesNobodyWhenSomethingIsForgotten(LeasingPool):
    """Takes a leak for so grave an error that it rather stops."""

    leaks = False

    def reclaim(self, connection: redis.Connection) -> None:
        self.leaks = True

    def available(self) -> bool:
        return not self.leaks and super().available()
