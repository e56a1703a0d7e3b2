"""What events say of a pool's configuration and of errors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """What a pool was built with."""

    max_connections: int
    timeout_s: float | None = None
    takes_timeout: bool = True
    """False if the pool's constructor has no `timeout` at all."""
    socket_timeout_s: float | None = None
    """None if the client's default was left alone."""
    max_idle_time_s: float | None = None
    """None if the pool was not told."""
    max_lifetime_s: float | None = None
    """None if the pool was not told."""
    min_idle: int | None = None
    """None if the pool was not told."""

    def __str__(self) -> str:
        """The arguments as they were passed; those that were left alone are left out."""
        text = f"max_connections={self.max_connections}"
        if self.takes_timeout:
            text += f", timeout={self.timeout_s}"
        others = {
            "socket_timeout": self.socket_timeout_s,
            "max_idle_time": self.max_idle_time_s,
            "max_lifetime": self.max_lifetime_s,
            "min_idle": self.min_idle,
        }
        passed = (f", {name}={value}" for name, value in others.items() if value is not None)
        return text + "".join(passed)


@dataclass(frozen=True, slots=True)
class Error:
    """An exception that a pool raised."""

    type_name: str
    """Its type, with the module, such as ``redis.exceptions.MaxConnectionsError``."""
    message: str
    is_connection_error: bool = False
    """Whether a handler of the client's connection errors catches it."""
    is_timeout_error: bool = False
    """Whether a handler of socket timeouts catches it: of the client's or of Python's."""
    is_generic: bool = False
    """Whether its type is one that the client or Python raises for other things too."""
    is_bad_argument: bool = False
    """Whether it is a ValueError or a TypeError."""

    @property
    def bare_type(self) -> str:
        """Its type without the module."""
        return self.type_name.rpartition(".")[2]

    def __str__(self) -> str:
        """The type without its module, and the message if there is one."""
        return f"{self.bare_type}: {self.message}" if self.message else self.bare_type
