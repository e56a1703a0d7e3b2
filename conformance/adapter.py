"""The adapter: how the kit speaks to a pool of any library.

A pool that offers redis-py's pool interface (`get_connection`, `release`, `disconnect`) needs no
adapter of its own: `RedisInterface` speaks to it, or `AsyncRedisInterface`. For any other pool, write
a class with the methods of `Adapter`, or of `AsyncAdapter` if the pool is used from an event loop, and
name it as the target. Nothing else needs to be read to join.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from inspect import Parameter, isawaitable, isclass, iscoroutine, iscoroutinefunction, signature
from typing import Protocol, TypeAlias, TypeGuard, TypeVar, runtime_checkable

from poolproof.spec import Capability

from .settings import PoolSettings

__all__ = [
    "Adapter",
    "AdapterError",
    "AnyAdapter",
    "AnyAsyncAdapter",
    "AsyncAdapter",
    "AsyncRedisInterface",
    "NeedsAsyncio",
    "PoolSettings",
    "RedisInterface",
    "uses_asyncio",
    "uses_threads",
]

CLOSES = ("aclose", "close")
"""What pools call the method that closes them for good."""

OPTIONS = {
    "max_idle_time": Capability.MAX_IDLE_TIME,
    "max_lifetime": Capability.MAX_LIFETIME,
}
"""Parameters of a constructor that say what its pools offer."""

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


@runtime_checkable
class Disconnecting(Protocol):
    """An adapter of pools that can close their connections and go on, of either colour."""

    def disconnect_pool(self, pool: object) -> object:
        """Have the pool close its connections; for asyncio what it returns is awaited."""
        ...


def disconnecting(adapter: object) -> Disconnecting:
    """The adapter, which offers that pools disconnect."""
    if not isinstance(adapter, Disconnecting):
        raise AdapterError(
            f"{type(adapter).__name__} offers that pools disconnect, and has no method "
            f"disconnect_pool; add one, or do not offer it"
        )
    return adapter


@runtime_checkable
class TellingHowLong(Protocol):
    """An adapter of pools whose acquire can be given a timeout of its own, of either colour."""

    def acquire_within(self, pool: object, timeout: float) -> object:
        """Take a connection out of the pool, waiting so long; for asyncio the result is awaited."""
        ...


def telling_how_long(adapter: object) -> TellingHowLong:
    """The adapter, which offers that an acquire is given a timeout of its own."""
    if not isinstance(adapter, TellingHowLong):
        raise AdapterError(
            f"{type(adapter).__name__} offers that an acquire is given a timeout of its own, and has "
            f"no method acquire_within; add one, or do not offer it"
        )
    return adapter


@runtime_checkable
class Graceful(Protocol):
    """An adapter of pools that, when they are closed, can wait for those who use them."""

    def close_gracefully(self, pool: object, grace: float) -> object:
        """Close the pool with a grace period; for asyncio what it returns is awaited."""
        ...


def graceful(adapter: object) -> Graceful:
    """The adapter, which offers that closing is given a grace period."""
    if not isinstance(adapter, Graceful):
        raise AdapterError(
            f"{type(adapter).__name__} offers that closing is given a grace period, and has no method "
            f"close_gracefully; add one, or do not offer it"
        )
    return adapter


class AdapterError(Exception):
    """The target cannot be driven as it was named; the message says what to do instead."""


class NeedsAsyncio(AdapterError):
    """The pool turned out to be one for asyncio; `adapter` speaks to it."""

    def __init__(self, name: str, adapter: "AsyncRedisInterface") -> None:
        super().__init__(
            f"{name} is an asyncio pool, and threads cannot use it; name the library's pool for "
            f"threads instead"
        )
        self.adapter = adapter


class RedisInterface:
    """Speaks to a pool that offers redis-py's pool interface, whoever wrote it."""

    def __init__(self, build: Callable[..., object]) -> None:
        self._build = build

    def for_asyncio(self) -> "AsyncRedisInterface":
        """The adapter for the same pool if it is one for asyncio."""
        return AsyncRedisInterface(self._build)

    def open(self, settings: PoolSettings) -> object:
        """Build a pool with redis-py's names for the arguments.

        Raises NeedsAsyncio if what was built, or what builds it, needs an event loop.
        """
        try:
            pool = self._build(**settings.arguments())
        except RuntimeError as error:
            if "no running event loop" in str(error):
                raise NeedsAsyncio("what the target builds", self.for_asyncio()) from error
            raise
        if iscoroutine(pool):
            pool.close()
            raise NeedsAsyncio("what the target builds", self.for_asyncio())
        _expect_interface(pool)
        if iscoroutinefunction(getattr(pool, "get_connection", None)):
            raise NeedsAsyncio(type(pool).__name__, self.for_asyncio())
        return pool

    def acquire(self, pool: object) -> object:
        """Call `get_connection`. Raises NeedsAsyncio if it returns what must be awaited."""
        connection = _get_connection(pool)
        if iscoroutine(connection):
            connection.close()
        if isawaitable(connection):
            raise NeedsAsyncio(type(pool).__name__, self.for_asyncio())
        return connection

    def release(self, pool: object, connection: object) -> None:
        """Call `release`."""
        _method(pool, "release")(connection)

    def send(self, connection: object, *words: str | float) -> None:
        """Call the connection's `send_command`."""
        _method(connection, "send_command")(*words)

    def receive(self, connection: object) -> object:
        """Call the connection's `read_response`."""
        return _method(connection, "read_response")()

    def disconnect(self, connection: object) -> None:
        """Call the connection's `disconnect`."""
        _method(connection, "disconnect")()

    def close(self, pool: object) -> None:
        """Call the pool's `close`, or `disconnect`, which every version of the interface has."""
        _closing(pool)()

    def acquire_within(self, pool: object, timeout: float) -> object:
        """Call `get_connection` with a timeout."""
        return _method(pool, "get_connection")(timeout=timeout)

    def close_gracefully(self, pool: object, grace: float) -> object:
        """Call the pool's own method with a grace period."""
        return _closing(pool)(grace=grace)

    def disconnect_pool(self, pool: object) -> object:
        """Call the pool's `disconnect`."""
        return _method(pool, "disconnect")()

    def offers(self, pool: object) -> frozenset[Capability]:
        """A client can be tried on any such pool; the rest shows in its methods and parameters."""
        return _offers(pool) | _options(self._build)

    def block(self, pool: object) -> AbstractContextManager[object]:
        """Call the pool's `connection`."""
        manager = _method(pool, "connection")()
        if not isinstance(manager, AbstractContextManager):
            raise _no_manager(pool, manager, "a context manager")
        return manager


class AsyncRedisInterface:
    """Speaks to a pool that offers the same interface as coroutines.

    Methods that wait for nothing may be plain ones, except `get_connection`.
    """

    def __init__(self, build: Callable[..., object]) -> None:
        self._build = build

    async def open(self, settings: PoolSettings) -> object:
        """Build a pool with redis-py's names for the arguments."""
        built = self._build(**settings.arguments())
        # Only a coroutine is awaited here: there are pools that can be awaited themselves.
        pool = await built if iscoroutine(built) else built
        _expect_interface(pool)
        return pool

    async def acquire(self, pool: object) -> object:
        """Await `get_connection`."""
        connection = _get_connection(pool)
        if not isawaitable(connection):
            raise AdapterError(
                f"{type(pool).__name__} is a pool for threads, because its get_connection returns a "
                f"{type(connection).__name__}, which cannot be awaited; let a function that is no "
                f"coroutine build it"
            )
        return await connection

    async def release(self, pool: object, connection: object) -> None:
        """Call `release`."""
        await _result(_method(pool, "release")(connection))

    async def send(self, connection: object, *words: str | float) -> None:
        """Call the connection's `send_command`."""
        await _result(_method(connection, "send_command")(*words))

    async def receive(self, connection: object) -> object:
        """Call the connection's `read_response`."""
        return await _result(_method(connection, "read_response")())

    async def disconnect(self, connection: object) -> None:
        """Call the connection's `disconnect`."""
        await _result(_method(connection, "disconnect")())

    async def close(self, pool: object) -> None:
        """Call the pool's `aclose` or `close`, or `disconnect`, which every version has."""
        await _result(_closing(pool)())

    def acquire_within(self, pool: object, timeout: float) -> object:
        """Call `get_connection` with a timeout."""
        return _method(pool, "get_connection")(timeout=timeout)

    def close_gracefully(self, pool: object, grace: float) -> object:
        """Call the pool's own method with a grace period."""
        return _closing(pool)(grace=grace)

    def disconnect_pool(self, pool: object) -> object:
        """Call the pool's `disconnect`."""
        return _method(pool, "disconnect")()

    def offers(self, pool: object) -> frozenset[Capability]:
        """A client can be tried on any such pool; the rest shows in its methods and parameters."""
        return _offers(pool) | _options(self._build)

    def block(self, pool: object) -> AbstractAsyncContextManager[object]:
        """Call the pool's `connection`."""
        manager = _method(pool, "connection")()
        if not isinstance(manager, AbstractAsyncContextManager):
            raise _no_manager(pool, manager, "an async context manager")
        return manager


def _expect_interface(pool: object) -> None:
    missing = [
        name
        for name in ("get_connection", "release", "disconnect")
        if not callable(getattr(pool, name, None))
    ]
    if missing:
        raise AdapterError(
            f"the target built a {type(pool).__name__}, which has no method "
            f"{' and no method '.join(missing)}; name a pool with redis-py's pool interface, or a "
            f"class with the methods of poolproof.conformance.Adapter"
        )


def _get_connection(pool: object) -> object:
    """Newer pools take nothing, older ones a command's name."""
    get_connection = _method(pool, "get_connection")
    try:
        signature(get_connection).bind()
    except TypeError:
        return get_connection("PING")
    return get_connection()


def _offers(pool: object) -> frozenset[Capability]:
    offers = {Capability.CLIENT, Capability.DISCONNECT}
    if callable(getattr(pool, "connection", None)):
        offers.add(Capability.CONTEXT_MANAGER)
    if _own_closes(pool):
        offers.add(Capability.CLOSE)
        if "grace" in _parameters(_closing(pool)):
            offers.add(Capability.GRACEFUL_CLOSE)
    if "timeout" in _parameters(getattr(pool, "get_connection", None)):
        offers.add(Capability.CALL_TIMEOUT)
    return frozenset(offers)


def _options(build: Callable[..., object]) -> frozenset[Capability]:
    """What a constructor takes by name, or hands on to the constructor of a base class that does."""
    named: set[str] = set()
    inits = [vars(each).get("__init__") for each in build.__mro__] if isclass(build) else [build]
    for init in inits:
        parameters = _parameters(init)
        named.update(parameters)
        if init is not None and not any(
            each.kind is each.VAR_KEYWORD for each in parameters.values()
        ):
            break
    return frozenset(capability for name, capability in OPTIONS.items() if name in named)


def _parameters(function: object) -> Mapping[str, Parameter]:
    try:
        return signature(function).parameters if callable(function) else {}
    except (TypeError, ValueError):
        return {}


def _closing(pool: object) -> Callable[..., object]:
    return _method(pool, next(iter(_own_closes(pool)), "disconnect"))


def _own_closes(pool: object) -> list[str]:
    """The methods that close the pool; one that wants arguments closes something else."""
    return [name for name in CLOSES if _takes_nothing(getattr(pool, name, None))]


def _takes_nothing(method: object) -> bool:
    if not callable(method):
        return False
    try:
        signature(method).bind()
    except (TypeError, ValueError):
        return False
    return True


def _no_manager(pool: object, manager: object, wanted: str) -> AdapterError:
    if iscoroutine(manager):
        manager.close()
    return AdapterError(
        f"{type(pool).__name__}.connection() returned a {type(manager).__name__}, not {wanted}"
    )


async def _result(result: object) -> object:
    return await result if isawaitable(result) else result


def _method(thing: object, name: str) -> Callable[..., object]:
    method = getattr(thing, name)
    if not callable(method):
        raise AdapterError(f"{type(thing).__name__}.{name} cannot be called")
    return method  # type: ignore[no-any-return]  # what getattr finds has no type
