"""The same for asyncio: what nobody refers to any more is closed, and there is room for another."""

from collections.abc import Callable
from weakref import ReferenceType, WeakSet, finalize, ref

from redis.asyncio import Connection

from .conviction import convicted_by
from .sound_async import SoundAsyncPool


class WeakAsyncPool(SoundAsyncPool):
    """Upholds every clause, since a connection of redis-py is closed when it is collected."""

    def prepare(self) -> None:
        self.in_use = WeakSet()  # type: ignore[assignment]  # it is used as the set that it replaces

    def open(self) -> Connection:
        connection = super().open()
        finalize(connection, notice, ref(self)).atexit = False
        return connection


def notice(pool_or_none: ReferenceType[WeakAsyncPool]) -> None:
    """A connection has been collected, perhaps with its pool."""
    pool = pool_or_none()
    if pool is not None:
        pool.opened -= 1
        pool.serve()


@convicted_by("BND-1")
class CountsOnlyWhatIsNotForgotten(WeakAsyncPool):
    """Watches the streams of its connections, and so keeps them open."""

    def prepare(self) -> None:
        super().prepare()
        self.streams: set[object] = set()
        self.connection_class: Callable[..., Connection] = Lingering

    async def make_ready(self, connection: Connection) -> None:
        await super().make_ready(connection)
        self.streams.add(connection._writer)


class Lingering(Connection):
    """Leaves it to its pool to close it."""

    def __del__(self, *_: object) -> None:
        pass
