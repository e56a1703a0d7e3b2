"""The adapters for pools of redis-py's interface, of any library: one for threads, one for asyncio.

What a pool offers beyond `get_connection`, `release` and `disconnect` shows in its methods and in the
parameters of its constructor.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from inspect import Parameter, isawaitable, isclass, iscoroutine, iscoroutinefunction, signature

from poolproof.spec import Capability

from .adapter import AdapterError
from .settings import PoolSettings

METHODS = ("get_connection", "release", "disconnect")
"""What a pool of this interface has at least."""

CLOSES = ("aclose", "close")
"""What pools call the method that closes them for good."""


class NeedsAsyncio(AdapterError):
    """The pool turned out to be one for asyncio; `adapter` speaks to it."""

    def __init__(self, name: str, adapter: "AsyncRedisInterface") -> None:
        super().__init__(
            f"{name} is an asyncio pool, and threads cannot use it; name the library's pool for "
            f"threads instead"
        )
        self.adapter = adapter


@dataclass(frozen=True, slots=True)
class _Token:
    """New credentials, as redis-py's providers tell a pool of them."""

    user: str
    password: str = field(repr=False)

    def try_get(self, _name: str) -> str:
        """The user; nothing else is asked for."""
        return self.user

    def get_value(self) -> str:
        """The password."""
        return self.password


class _Interface:
    """What is done alike to pools for threads and for asyncio, but for awaiting what these return."""

    def __init__(self, build: Callable[..., object]) -> None:
        self.build = build

    def acquire_within(self, pool: object, timeout: float) -> object:
        """Call `get_connection` with a timeout."""
        return _method(pool, "get_connection")(timeout=timeout)

    def close_gracefully(self, pool: object, grace: float) -> object:
        """Call the pool's own method with a grace period."""
        return _closing(pool)(grace=grace)

    def re_authenticate(self, pool: object, user: str, password: str) -> object:
        """Call `re_auth_callback` with a token."""
        return _method(pool, "re_auth_callback")(_Token(user, password))

    def disconnect_pool(self, pool: object) -> object:
        """Call the pool's `disconnect`."""
        return _method(pool, "disconnect")()

    def offers(self, pool: object) -> frozenset[Capability]:
        """A client can be tried on any such pool; the rest shows in its methods and parameters."""
        return _offers(pool) | _options(self.build)


class RedisInterface(_Interface):
    """Speaks to a pool that offers redis-py's pool interface."""

    def for_asyncio(self) -> "AsyncRedisInterface":
        """The adapter for the same pool if it is one for asyncio."""
        return AsyncRedisInterface(self.build)

    def open(self, settings: PoolSettings) -> object:
        """Build a pool with redis-py's names for the arguments.

        Raises NeedsAsyncio if what was built, or what builds it, needs an event loop.
        """
        try:
            pool = self.build(**settings.arguments())
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

    def block(self, pool: object) -> AbstractContextManager[object]:
        """Call the pool's `connection`."""
        manager = _method(pool, "connection")()
        if not isinstance(manager, AbstractContextManager):
            raise _no_manager(pool, manager, "a context manager")
        return manager


class AsyncRedisInterface(_Interface):
    """Speaks to a pool that offers redis-py's pool interface as coroutines.

    Methods that wait for nothing may be plain ones, except `get_connection`.
    """

    async def open(self, settings: PoolSettings) -> object:
        """Build a pool with redis-py's names for the arguments."""
        built = self.build(**settings.arguments())
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

    async def acquire_within(self, pool: object, timeout: float) -> object:  # noqa: ASYNC109 - as adapters have it
        """Call `get_connection` with a timeout."""
        return await _result(super().acquire_within(pool, timeout))

    async def close_gracefully(self, pool: object, grace: float) -> object:
        """Call the pool's own method with a grace period."""
        return await _result(super().close_gracefully(pool, grace))

    async def re_authenticate(self, pool: object, user: str, password: str) -> object:
        """Call `re_auth_callback` with a token."""
        return await _result(super().re_authenticate(pool, user, password))

    async def disconnect_pool(self, pool: object) -> object:
        """Call the pool's `disconnect`."""
        return await _result(super().disconnect_pool(pool))

    async def disconnect(self, connection: object) -> None:
        """Call the connection's `disconnect`."""
        await _result(_method(connection, "disconnect")())

    async def close(self, pool: object) -> None:
        """Call the pool's `aclose` or `close`, or `disconnect`, which every version has."""
        await _result(_closing(pool)())

    def block(self, pool: object) -> AbstractAsyncContextManager[object]:
        """Call the pool's `connection`."""
        manager = _method(pool, "connection")()
        if not isinstance(manager, AbstractAsyncContextManager):
            raise _no_manager(pool, manager, "an async context manager")
        return manager


def _expect_interface(pool: object) -> None:
    missing = lacking(pool)
    if missing:
        raise AdapterError(
            f"the target built a {type(pool).__name__}, which has no {missing}; name a pool with "
            f"redis-py's pool interface, or write an adapter for it, as README says under `Judge your "
            f"own pool`"
        )


def lacking(pool: object) -> str:
    """The methods of the interface that a pool, or the class of one, does not have."""
    missing = [name for name in METHODS if not callable(getattr(pool, name, None))]
    return " and no ".join(filter(None, (", no ".join(missing[:-1]), *missing[-1:])))


def _get_connection(pool: object) -> object:
    """Newer pools take nothing, older ones a command's name."""
    get_connection = _method(pool, "get_connection")
    return get_connection() if _takes_nothing(get_connection) else get_connection("PING")


def _offers(pool: object) -> frozenset[Capability]:
    offers = {Capability.CLIENT, Capability.DISCONNECT}
    if callable(getattr(pool, "connection", None)):
        offers.add(Capability.CONTEXT_MANAGER)
    if _closes(pool):
        offers.add(Capability.CLOSE)
        if "grace" in _parameters(_closing(pool)):
            offers.add(Capability.GRACEFUL_CLOSE)
    if callable(getattr(pool, "re_auth_callback", None)):
        offers.add(Capability.REAUTHENTICATION)
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
    return frozenset(each for each in Capability if each.record.setting in named)


def _parameters(function: object) -> Mapping[str, Parameter]:
    try:
        return signature(function).parameters if callable(function) else {}
    except (TypeError, ValueError):
        return {}


def _closing(pool: object) -> Callable[..., object]:
    return _method(pool, next(iter(_closes(pool)), "disconnect"))


def _closes(pool: object) -> list[str]:
    """The methods that close the pool; one that wants arguments closes something else."""
    return [name for name in CLOSES if _takes_nothing(getattr(pool, name, None))]


def _takes_nothing(method: object) -> bool:
    try:
        signature(method).bind()  # type: ignore[arg-type]  # whether it can be called is asked, too
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
