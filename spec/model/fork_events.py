"""What can be seen of a pool in a process that forks: by its child, and by the parent afterwards."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Forked:
    """A process forked that had a pool with two connections."""

    at_s: float
    max_connections: int
    in_use: int
    """The connection that the thread which forked held."""
    idle: int | None
    """The one that had been released; None if none had."""
    standing: str = ""
    """Where another thread stood in the pool's code; empty if nobody was in the middle of a call."""


@dataclass(frozen=True, slots=True)
class AcquiredAfterFork:
    """The child or its parent called acquire, and this came of it."""

    at_s: float
    by: Literal["child", "parent"]
    connection: int | None
    trouble: str = ""
    """What the acquire did instead of returning a connection that works."""
    surplus: bool = False
    """Whether the child held `max_connections` connections of its own before."""


@dataclass(frozen=True, slots=True)
class ReleasedAfterFork:
    """The child released a connection, one of its own or the one in use that it inherited."""

    at_s: float
    connection: int
    inherited: bool
    trouble: str = ""
    """What the release did instead of returning."""


@dataclass(frozen=True, slots=True)
class ClosedAfterFork:
    """The child closed its pool, as it does at its end."""

    at_s: float


@dataclass(frozen=True, slots=True)
class UsedAfterFork:
    """The parent used the connection that it held, when its child had come to its end."""

    at_s: float
    connection: int
    trouble: str = ""
    """What it got instead of its own reply."""
