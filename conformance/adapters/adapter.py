"""The adapter: how the kit speaks to a pool of any library.

A pool that offers redis-py's pool interface (`get_connection`, `release`, `disconnect`) needs no
adapter of its own: see `redis_interface`. For any other pool, write a class with the methods of
`Adapter`, or of `AsyncAdapter` if the pool is used from an event loop, and name it as the target.
Nothing else needs to be read to join.
"""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from inspect import iscoroutinefunction
from typing import Protocol, TypeAlias, TypeGuard, TypeVar, runtime_checkable

from poolproof.spec import Capability

from .settings import PoolSettings

__all__ = [
    "Adapter",
    "AdapterError",
    "AnyAdapter",
    "AnyAsyncAdapter",
    "AsyncAdapter",
    "PoolSettings",
    "disconnecting",
    "graceful",
    "reauthenticating",
    "telling_how_long",
    "uses_asyncio",
    "uses_threads",
]

Pool = TypeVar("Pool")
Connection = TypeVar("Connection")


@runtime_checkable
class Adapter(Protocol[Pool, Connection]):
    """How to use the pools of one library: of which type they and their connections are is its own
    affair.
    """

    def open(self, settings: PoolSettings) -> Pool:
        """Build a pool. Whatever its constructor raises passes through.

        A pool that has no timeout says so with a TypeError that names 'timeout', as Python does.
        """
        ...

    def acquire(self, pool: Pool) -> Connection:
        """Take a connection out of the pool, waiting as long as the pool waits."""
        ...

    def release(self, pool: Pool, connection: Connection) -> None:
        """Give a connection to the pool, also one that is not the pool's to take."""
        ...

    def send(self, connection: Connection, *words: str | float) -> None:
        """Send one command and do not wait for its reply."""
        ...

    def receive(self, connection: Connection) -> object:
        """Wait for the next reply and return it."""
        ...

    def disconnect(self, connection: Connection) -> None:
        """Close the connection as a holder does who gives up on it."""
        ...

    def close(self, pool: Pool) -> None:
        """Close all connections of the pool."""
        ...

    def offers(self, pool: Pool) -> frozenset[Capability]:
        """Which optional capabilities the pool has."""
        ...

    def block(self, pool: Pool) -> AbstractContextManager[Connection]:
        """A context manager that holds a connection; asked for only if it is offered."""
        ...


@runtime_checkable
class AsyncAdapter(Protocol[Pool, Connection]):
    """The same for pools that are used from an event loop.

    All calls for a pool are made on one loop, but not by one task: what must be left by the task that
    entered it, such as a task group, needs a task of its own.
    """

    async def open(self, settings: PoolSettings) -> Pool:
        """Build a pool, on the loop that it will be used from."""
        ...

    async def acquire(self, pool: Pool) -> Connection:
        """Take a connection out of the pool, waiting as long as the pool waits."""
        ...

    async def release(self, pool: Pool, connection: Connection) -> None:
        """Give a connection to the pool, also one that is not the pool's to take."""
        ...

    async def send(self, connection: Connection, *words: str | float) -> None:
        """Send one command and do not wait for its reply."""
        ...

    async def receive(self, connection: Connection) -> object:
        """Wait for the next reply and return it."""
        ...

    async def disconnect(self, connection: Connection) -> None:
        """Close the connection as a holder does who gives up on it."""
        ...

    async def close(self, pool: Pool) -> None:
        """Close all connections of the pool."""
        ...

    def offers(self, pool: Pool) -> frozenset[Capability]:
        """Which optional capabilities the pool has."""
        ...

    def block(self, pool: Pool) -> AbstractAsyncContextManager[Connection]:
        """A context manager that holds a connection; asked for only if it is offered."""
        ...


AnyAdapter: TypeAlias = Adapter[object, object]
"""An adapter as the kit sees it: pools and connections are opaque."""

AnyAsyncAdapter: TypeAlias = AsyncAdapter[object, object]
"""The same for asyncio."""


def uses_asyncio(adapter: AnyAdapter | AnyAsyncAdapter) -> TypeGuard[AnyAsyncAdapter]:
    """Whether the adapter's pools are used from an event loop."""
    return iscoroutinefunction(adapter.acquire)


def uses_threads(adapter: AnyAdapter | AnyAsyncAdapter) -> TypeGuard[AnyAdapter]:
    """Whether the adapter's pools are used by threads."""
    return not uses_asyncio(adapter)


class AdapterError(Exception):
    """The target cannot be driven as it was named; the message says what to do instead."""


@runtime_checkable
class Disconnecting(Protocol):
    """An adapter of pools that can close their connections and go on, of either colour."""

    def disconnect_pool(self, pool: object) -> object:
        """Have the pool close its connections; for asyncio what it returns is awaited."""
        ...


@runtime_checkable
class TellingHowLong(Protocol):
    """An adapter of pools whose acquire can be given a timeout of its own, of either colour."""

    def acquire_within(self, pool: object, timeout: float) -> object:
        """Take a connection out of the pool, waiting so long; for asyncio the result is awaited."""
        ...


@runtime_checkable
class Graceful(Protocol):
    """An adapter of pools that, when they are closed, can wait for those who use them."""

    def close_gracefully(self, pool: object, grace: float) -> object:
        """Close the pool with a grace period; for asyncio what it returns is awaited."""
        ...


@runtime_checkable
class Reauthenticating(Protocol):
    """An adapter of pools that can be told of new credentials, of either colour."""

    def re_authenticate(self, pool: object, user: str, password: str) -> object:
        """Tell the pool of them; for asyncio what it returns is awaited."""
        ...


def reauthenticating(adapter: object) -> Reauthenticating:
    """The adapter, which offers that pools are told of new credentials."""
    if isinstance(adapter, Reauthenticating):
        return adapter
    raise _lacks(adapter, "re_authenticate", "that pools are told of new credentials")


def disconnecting(adapter: object) -> Disconnecting:
    """The adapter, which offers that pools disconnect."""
    if isinstance(adapter, Disconnecting):
        return adapter
    raise _lacks(adapter, "disconnect_pool", "that pools disconnect")


def telling_how_long(adapter: object) -> TellingHowLong:
    """The adapter, which offers that an acquire is given a timeout of its own."""
    if isinstance(adapter, TellingHowLong):
        return adapter
    raise _lacks(adapter, "acquire_within", "that an acquire is given a timeout of its own")


def graceful(adapter: object) -> Graceful:
    """The adapter, which offers that closing is given a grace period."""
    if isinstance(adapter, Graceful):
        return adapter
    raise _lacks(adapter, "close_gracefully", "that closing is given a grace period")


def _lacks(adapter: object, method: str, offered: str) -> AdapterError:
    return AdapterError(
        f"{type(adapter).__name__} offers {offered}, and has no method {method}; add one, or do not "
        f"offer it"
    )
