"""Adapters of a sound pool that make mistakes of their own, of which none is the pool's."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import cast

import redis.asyncio
from redis.connection import AbstractConnection

from poolproof.conformance import Adapter, AdapterError, AsyncAdapter, PoolSettings
from poolproof.reference_pool import ConnectionPool, asyncio
from poolproof.spec import Capability


class Faultless(Adapter[ConnectionPool, AbstractConnection]):
    """Makes none."""

    def open(self, settings: PoolSettings) -> ConnectionPool:
        return ConnectionPool(**settings.arguments())  # type: ignore[arg-type]  # passed on

    def acquire(self, pool: ConnectionPool) -> AbstractConnection:
        return pool.get_connection()

    def release(self, pool: ConnectionPool, connection: AbstractConnection) -> None:
        pool.release(connection)

    def send(self, connection: AbstractConnection, *words: str | float) -> None:
        connection.send_command(*words)

    def receive(self, connection: AbstractConnection) -> object:
        return cast("object", connection.read_response())

    def disconnect(self, connection: AbstractConnection) -> None:
        connection.disconnect()

    def close(self, pool: ConnectionPool) -> None:
        pool.close()

    def offers(self, pool: ConnectionPool) -> frozenset[Capability]:
        return frozenset()


class OffersBlock(Faultless):
    def offers(self, pool: ConnectionPool) -> frozenset[Capability]:
        return frozenset({Capability.CONTEXT_MANAGER})


class OffersDisconnect(Faultless):
    def offers(self, pool: ConnectionPool) -> frozenset[Capability]:
        return frozenset({Capability.DISCONNECT})


class OffersTimeout(Faultless):
    def offers(self, pool: ConnectionPool) -> frozenset[Capability]:
        return frozenset({Capability.CALL_TIMEOUT})


class OffersGrace(Faultless):
    def offers(self, pool: ConnectionPool) -> frozenset[Capability]:
        return frozenset({Capability.GRACEFUL_CLOSE})


class TakesNoTimeout(OffersTimeout):
    def acquire_within(self, pool: ConnectionPool) -> AbstractConnection:
        return pool.get_connection()


class WaitsAsACoroutine(OffersTimeout):
    async def acquire_within(self, pool: ConnectionPool, timeout: float) -> AbstractConnection:  # noqa: ASYNC109 - as adapters have it
        return pool.get_connection()


class BlockIsNone(OffersBlock):
    def block(self, pool: ConnectionPool) -> AbstractContextManager[AbstractConnection]:
        return cast("AbstractContextManager[AbstractConnection]", 3)


class OffersTheUnknown(Faultless):
    def offers(self, pool: ConnectionPool) -> frozenset[Capability]:
        return cast("frozenset[Capability]", {"closing"})


class OffersByValue(Faultless):
    def offers(self, pool: ConnectionPool) -> frozenset[Capability]:
        return cast("frozenset[Capability]", {"close"})


class OffersAWord(Faultless):
    def offers(self, pool: ConnectionPool) -> frozenset[Capability]:
        return cast("frozenset[Capability]", "close")


class Misspelt(Faultless):
    def receive(self, connection: AbstractConnection) -> object:
        return cast("object", connection.read_respons())  # type: ignore[attr-defined]  # its mistake


class Deaf(Faultless):
    """Passes on nothing of what the user set."""

    def open(self, settings: PoolSettings) -> ConnectionPool:
        return super().open(replace(settings, extra={}))


class Tires(OffersBlock):
    """Notices a mistake of its own, at last; first of all in blocks."""

    releases = 0

    def release(self, pool: ConnectionPool, connection: AbstractConnection) -> None:
        Tires.releases += 1
        if Tires.releases > 20:
            raise AdapterError("I am tired")
        super().release(pool, connection)

    @contextmanager
    def block(self, pool: ConnectionPool) -> Iterator[AbstractConnection]:
        connection = self.acquire(pool)
        try:
            yield connection
        finally:
            self.release(pool, connection)


class NoBase:
    """Should derive from Adapter."""

    def open(self, settings: PoolSettings) -> object: ...
    def acquire(self, pool: object) -> object: ...
    def release(self, pool: object, connection: object) -> None: ...
    def send(self, connection: object, *words: str | float) -> None: ...
    def receive(self, connection: object) -> object: ...
    def disconnect(self, connection: object) -> None: ...
    def close(self, pool: object) -> None: ...
    def offers(self, pool: object) -> frozenset[Capability]: ...  # type: ignore[empty-body]  # never called


class AcquiresFromNowhere(Adapter[object, object]):
    def open(self, settings: PoolSettings) -> object: ...
    def acquire(self) -> object: ...  # type: ignore[override]  # its mistake
    def release(self, pool: object, connection: object) -> None: ...
    def send(self, connection: object, *words: str | float) -> None: ...
    def receive(self, connection: object) -> object: ...
    def disconnect(self, connection: object) -> None: ...
    def close(self, pool: object) -> None: ...
    def offers(self, pool: object) -> frozenset[Capability]: ...  # type: ignore[empty-body]  # never called


class FaultlessTasks(AsyncAdapter[asyncio.ConnectionPool, redis.asyncio.Connection]):
    """Makes none, for asyncio."""

    async def open(self, settings: PoolSettings) -> asyncio.ConnectionPool:
        return asyncio.ConnectionPool(**settings.arguments())  # type: ignore[arg-type]  # passed on

    async def acquire(self, pool: asyncio.ConnectionPool) -> redis.asyncio.Connection:
        return cast("redis.asyncio.Connection", await pool.get_connection())

    async def release(
        self, pool: asyncio.ConnectionPool, connection: redis.asyncio.Connection
    ) -> None:
        await pool.release(connection)

    async def send(self, connection: redis.asyncio.Connection, *words: str | float) -> None:
        await connection.send_command(*words)

    async def receive(self, connection: redis.asyncio.Connection) -> object:
        return cast("object", await connection.read_response())

    async def disconnect(self, connection: redis.asyncio.Connection) -> None:
        await connection.disconnect()

    async def close(self, pool: asyncio.ConnectionPool) -> None:
        await pool.aclose()

    def offers(self, pool: asyncio.ConnectionPool) -> frozenset[Capability]:
        return frozenset({Capability.DISCONNECT})


class PassesOnWhatIsAwaited(FaultlessTasks):
    """Has a plain method that returns what can be awaited, which is no mistake."""

    def disconnect_pool(self, pool: asyncio.ConnectionPool) -> object:
        return pool.disconnect()


class ReturnsAtOnce(FaultlessTasks):
    def disconnect_pool(self, pool: asyncio.ConnectionPool) -> object:
        return 3


class NamesOfItsOwn:
    """A pool that nobody has written an adapter for."""

    def __init__(self, size: int, patience: float, **options: object) -> None: ...


class ConnectionIsNoBlock(ConnectionPool):
    """A pool of redis-py's interface whose method `connection` means something else."""

    def connection(self) -> int:  # type: ignore[override]  # that is the point
        return 3
