"""What the adapters for pools of database connections have in common.

Such a pool gets its connections from a function, and lends each caller a proxy. To close the proxy is
to release: it returns the connection to the pool it came from, and to no other.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import redis

from poolproof.spec import Capability

from .adapter import Adapter
from .settings import PoolSettings

Pool = TypeVar("Pool")


class DatabaseConnection(redis.Connection):
    """A connection of redis-py with what a pool of database connections asks of one (PEP 249)."""

    threadsafety = 1
    """Threads may each have a connection, and may not share one."""

    def close(self) -> None:
        """Close it for good."""
        redis.Connection.disconnect(self)

    def ping(self) -> None:
        """Raise if it does not answer as it should. Not in PEP 249, but most have it, and pools ask."""
        self.send_command("PING")  # type: ignore[no-untyped-call]  # redis-py is typed in part
        reply = self.read_response()
        if reply not in ("PONG", b"PONG"):
            raise redis.ConnectionError("there was something unread on the connection")


class ConnectionWrapper(AbstractContextManager["ConnectionWrapper"], Protocol):
    """What these pools lend."""

    @property
    def dbapi_connection(self) -> redis.Connection:
        """The connection that it stands for, until it is closed."""
        ...

    def close(self) -> None:
        """Release the connection, if that has not been done."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Lent:
    """A proxy, and the pool to which closing it returns the connection."""

    pool: object
    proxy: ConnectionWrapper


class NotItsPool(Exception):
    """These pools have no way to be given what they have not lent."""


class DatabaseAdapter(Adapter[Pool, Lent]):
    """All that is done alike to these pools: an adapter adds how one is opened, lends and is closed."""

    def lend(self, pool: Pool) -> ConnectionWrapper:
        """Take a connection out of the pool."""
        raise NotImplementedError

    def acquire(self, pool: Pool) -> Lent:
        """Be lent a proxy."""
        return Lent(pool, self.lend(pool))

    def release(self, pool: Pool, connection: Lent) -> None:
        """Close the proxy. Raises NotItsPool if that would give it to another pool."""
        if connection.pool is not pool:
            raise NotItsPool("closing a connection returns it to the pool that lent it")
        connection.proxy.close()

    def send(self, connection: Lent, *words: str | float) -> None:
        """Send by the connection itself, because the proxy knows only what databases do."""
        connection.proxy.dbapi_connection.send_command(*words)

    def receive(self, connection: Lent) -> object:
        """Receive by the connection itself."""
        return connection.proxy.dbapi_connection.read_response()

    def disconnect(self, connection: Lent) -> None:
        """Close the connection itself, which is not yet a release."""
        connection.proxy.dbapi_connection.disconnect()

    def offers(self, pool: Pool) -> frozenset[Capability]:  # noqa: ARG002 - all of them do
        """A proxy is a context manager."""
        return frozenset({Capability.CONTEXT_MANAGER})

    @contextmanager
    def block(self, pool: Pool) -> Iterator[Lent]:
        """Leaving the block closes the proxy."""
        with self.lend(pool) as proxy:
            yield Lent(pool, proxy)


def connector(settings: PoolSettings) -> Callable[[], redis.Connection]:
    """The function from which a pool gets its connections."""

    def connect() -> redis.Connection:
        make: Callable[..., DatabaseConnection] = DatabaseConnection
        connection = make(**settings.connection_arguments())
        try:
            connection.connect()  # type: ignore[no-untyped-call]  # redis-py is typed in part
        except BaseException:
            connection.close()
            raise
        return connection

    return connect
