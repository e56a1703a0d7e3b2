"""The adapter: how the kit speaks to a pool of any library.

A pool that offers redis-py's pool interface (`get_connection`, `release`, `disconnect`) needs no
adapter of its own: `RedisInterface` speaks to it. For any other pool, write a class with the methods
of `Adapter` and name it as the target. Nothing else needs to be read to join.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from inspect import iscoroutine, iscoroutinefunction, signature
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from poolproof.spec import Capability


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """What a pool is to be built with."""

    host: str
    port: int
    db: int
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    client_name: str = "poolproof"
    """The name under which the server must see the pool's connections (``CLIENT SETNAME``)."""
    max_connections: object = 1
    """A positive int, except where the kit tries what the pool refuses."""
    timeout: object = None
    """Seconds, except where the kit tries what the pool refuses; see `takes`."""
    socket_timeout: float | None = None
    """Seconds; None leaves the client's default alone."""
    takes: frozenset[str] = frozenset({"timeout", "socket_timeout"})
    """Which of the optional arguments the pool's constructor takes."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """Further constructor arguments, given by the user."""

    def told(self) -> str:
        """What the programs vary, for a message."""
        return f"max_connections={self.max_connections}, timeout={self.timeout}"

    def arguments(self) -> dict[str, object]:
        """The settings as redis-py's pools call them."""
        arguments: dict[str, object] = {
            "host": self.host,
            "port": self.port,
            "db": self.db,
            "client_name": self.client_name,
            "max_connections": self.max_connections,
        }
        if self.username is not None:
            arguments["username"] = self.username
        if self.password is not None:
            arguments["password"] = self.password
        if "timeout" in self.takes:
            arguments["timeout"] = self.timeout
        if self.socket_timeout is not None and "socket_timeout" in self.takes:
            arguments["socket_timeout"] = self.socket_timeout
        return {**arguments, **self.extra}


Pool = TypeVar("Pool")
Connection = TypeVar("Connection")


@runtime_checkable
class Adapter(Protocol[Pool, Connection]):
    """How to use the pools of one library: of which type they and their connections are is its own
    affair.
    """

    def open(self, settings: PoolSettings) -> Pool:
        """Build a pool. Whatever its constructor raises passes through."""
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


AnyAdapter: TypeAlias = Adapter[object, object]
"""An adapter as the kit sees it: pools and connections are opaque."""


class AdapterError(Exception):
    """The target cannot be driven as it was named; the message says what to do instead."""


class RedisInterface:
    """Speaks to a pool that offers redis-py's pool interface, whoever wrote it."""

    def __init__(self, build: Callable[..., object]) -> None:
        self._build = build

    def open(self, settings: PoolSettings) -> object:
        """Build a pool with redis-py's names for the arguments."""
        pool = self._build(**settings.arguments())
        missing = [
            name
            for name in ("get_connection", "release", "disconnect")
            if not callable(getattr(pool, name, None))
        ]
        if missing:
            raise AdapterError(
                f"the target built a {type(pool).__name__}, which has no method "
                f"{' and no method '.join(missing)}; name a pool with redis-py's pool interface, or "
                f"a class with the methods of poolproof.conformance.Adapter"
            )
        if iscoroutinefunction(getattr(pool, "get_connection", None)):
            raise AdapterError(
                f"{type(pool).__name__} is an asyncio pool, and only pools for threads can be "
                f"judged so far; name the library's pool for threads instead"
            )
        return pool

    def acquire(self, pool: object) -> object:
        """Call `get_connection`."""
        get_connection = _method(pool, "get_connection")
        connection = get_connection(*_command_name(get_connection))
        if iscoroutine(connection):
            connection.close()
            raise AdapterError(
                f"{type(pool).__name__}.get_connection returned a coroutine, and only pools for "
                f"threads can be judged so far; name the library's pool for threads instead"
            )
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
        """Call the pool's `disconnect`, which every version of the interface has."""
        _method(pool, "disconnect")()

    def offers(self, pool: object) -> frozenset[Capability]:
        """A client can be tried on any such pool; whether it has blocks can be seen."""
        if callable(getattr(pool, "connection", None)):
            return frozenset({Capability.CLIENT, Capability.CONTEXT_MANAGER})
        return frozenset({Capability.CLIENT})

    def block(self, pool: object) -> AbstractContextManager[object]:
        """Call the pool's `connection`."""
        manager = _method(pool, "connection")()
        if not isinstance(manager, AbstractContextManager):
            raise AdapterError(
                f"{type(pool).__name__}.connection() returned a {type(manager).__name__}, not a "
                f"context manager"
            )
        return manager


def _command_name(get_connection: Callable[..., object]) -> tuple[str, ...]:
    """What to pass to `get_connection`: newer pools take nothing, older ones a command's name."""
    try:
        signature(get_connection).bind()
    except TypeError:
        return ("PING",)
    return ()


def _method(thing: object, name: str) -> Callable[..., object]:
    method = getattr(thing, name)
    if not callable(method):
        raise AdapterError(f"{type(thing).__name__}.{name} cannot be called")
    return method  # type: ignore[no-any-return]  # what getattr finds has no type
