"""The adapter: how the kit speaks to a pool of any library.

A pool that offers redis-py's pool interface (`get_connection`, `release`, `disconnect`) needs no
adapter of its own: see `redis_interface`. For any other pool, write a class with the methods of
`Adapter`, or of `AsyncAdapter` if the pool is used from an event loop, and name it as the target.
Nothing else needs to be read to join.
"""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from inspect import isawaitable, iscoroutinefunction
from typing import Protocol, TypeAlias, TypeGuard, TypeVar, runtime_checkable

from poolproof.spec import Capability

from ..isolation.call_with_timeout import NotAnOutcome
from .settings import PoolSettings

__all__ = [
    "Adapter",
    "AdapterError",
    "AnyAdapter",
    "AnyAsyncAdapter",
    "AsyncAdapter",
    "PoolSettings",
    "lacks_method_for",
    "perform",
    "uses_asyncio",
    "uses_threads",
]

Pool = TypeVar("Pool")
Connection = TypeVar("Connection")


class AdapterError(NotAnOutcome):
    """The target cannot be driven as it was named; the message says what to do instead."""

    def __reduce__(self) -> tuple[type["AdapterError"], tuple[str]]:
        """A forked child can tell its parent no more of it than the message."""
        return AdapterError, (str(self),)


def lacks_method_for(adapter: object, capability: Capability) -> AdapterError:
    """What is raised if an adapter has not written the method for what it offers."""
    record = capability.record
    return AdapterError(
        f"{type(adapter).__name__} offers {record.offered}, and has no method {record.method_name}; "
        f"add one, or do not offer it"
    )


def perform(
    adapter: "AnyAdapter | AnyAsyncAdapter", capability: Capability, *arguments: object
) -> object:
    """Call the method that an adapter has for a capability alone, as the capability's record names it.

    The first argument is the pool. For asyncio the method is called on the pool's loop, and what it
    returns is to be awaited. Raises AdapterError if there is no such method, or if nobody can await
    what one for asyncio returns.
    """
    method = getattr(adapter, capability.record.method_name, None)
    if not callable(method):
        raise lacks_method_for(adapter, capability)
    result: object = method(*arguments)
    if uses_asyncio(adapter) and not isawaitable(result):
        raise AdapterError(
            f"the method {capability.record.method_name} of {type(adapter).__name__} returned an "
            f"object of type {type(result).__name__}, which cannot be awaited; write it as a coroutine"
        )
    return result


@runtime_checkable
class Adapter(Protocol[Pool, Connection]):
    """How to use the pools of one library: of which type they and their connections are is its own
    affair.

    Any thread may call any method, and several call those of one pool at once; what belongs to one
    connection is called by one thread at a time, which need not be the one that acquired it. The
    methods may also be called in a child of the process that opened the pool.
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
    """How to use the pools of one library that are used from an event loop.

    All calls for a pool are made on one loop, except `offers`, which any thread may call. They are not
    made by one task: what must be left by the task that entered it, such as a task group, needs a task
    of its own.
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
"""An adapter for asyncio as the kit sees it."""


def uses_asyncio(adapter: AnyAdapter | AnyAsyncAdapter) -> TypeGuard[AnyAsyncAdapter]:
    """Whether the adapter's pools are used from an event loop."""
    return iscoroutinefunction(adapter.acquire)


def uses_threads(adapter: AnyAdapter | AnyAsyncAdapter) -> TypeGuard[AnyAdapter]:
    """Whether the adapter's pools are used by threads."""
    return not uses_asyncio(adapter)
