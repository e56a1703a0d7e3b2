"""The settings: what a pool is to be built with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


class Watched(Mapping[str, object]):
    """Further constructor arguments, of which it is known whether anybody looked at them."""

    def __init__(self, extra: Mapping[str, object]) -> None:
        self._extra = extra
        self.unread = dict.fromkeys(extra)
        """The names of those that nobody has looked at."""

    def __getitem__(self, name: str) -> object:
        value = self._extra[name]
        self.unread.pop(name, None)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._extra)

    def __len__(self) -> int:
        return len(self._extra)


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
    max_idle_time: float | None = None
    """Seconds; None leaves the pool's default alone. Given only to pools that offer it."""
    max_lifetime: float | None = None
    """Seconds that a connection may be open; None leaves the pool's default alone."""
    min_idle: int | None = None
    """How many connections are to be open when nobody uses any; None leaves the default alone."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """Further constructor arguments, given by the user with ``--set``; `open` passes them on."""

    def as_text(self) -> str:
        """The settings that programs vary, for a message."""
        options = "".join(f", {name}={value}" for name, value in self._options().items())
        return f"max_connections={self.max_connections}, timeout={self.timeout}{options}"

    def arguments(self) -> dict[str, object]:
        """The settings as redis-py's pools call them."""
        arguments = {**self.connection_arguments(), "max_connections": self.max_connections}
        if "timeout" in self.takes:
            arguments["timeout"] = self.timeout
        # A program about one of the options must know its value, so the user's value gives way.
        return {**arguments, **self.extra, **self._options()}

    def _options(self) -> dict[str, object]:
        options = {
            "max_idle_time": self.max_idle_time,
            "max_lifetime": self.max_lifetime,
            "min_idle": self.min_idle,
        }
        return {name: value for name, value in options.items() if value is not None}

    def connection_arguments(self) -> dict[str, object]:
        """The settings that redis-py's connections take, without what the user gives for the pool."""
        arguments: dict[str, object] = {
            "host": self.host,
            "port": self.port,
            "db": self.db,
            "client_name": self.client_name,
        }
        if self.username is not None:
            arguments["username"] = self.username
        if self.password is not None:
            arguments["password"] = self.password
        if self.socket_timeout is not None and "socket_timeout" in self.takes:
            arguments["socket_timeout"] = self.socket_timeout
        return arguments
