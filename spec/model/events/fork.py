"""What can be seen of a pool in a process that forks: by its child, and by the parent afterwards."""

from dataclasses import dataclass
from typing import Literal

from .names import Names


@dataclass(frozen=True, slots=True)
class Forked:
    """A process forked that had a pool with two connections."""

    at_s: float
    max_connections: int
    in_use: int
    """The connection that the thread which forked held."""
    idle: int | None
    """The one that had been released; None if none had."""
    bystander_at: str = ""
    """Where another thread was in the pool's code; empty if nobody was in the middle of a call."""

    def text(self, names: Names) -> str:
        had = f"{names.connection(self.in_use)} in use"
        if self.idle is not None:
            had += f" and {names.connection(self.idle)} idle"
        at = f", and another thread at {self.bystander_at}" if self.bystander_at else ""
        pool = f"a pool with max_connections={self.max_connections}"
        return f"a process forks that has {pool}, {had}{at}"


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

    def text(self, names: Names) -> str:
        outcome = self.trouble
        if not outcome and self.connection is not None:
            outcome = f"gets {names.connection(self.connection)}"
        return f"the {self.by}: acquire {outcome}"


@dataclass(frozen=True, slots=True)
class ReleasedAfterFork:
    """The child released a connection, one of its own or the one in use that it inherited."""

    at_s: float
    connection: int
    inherited: bool
    trouble: str = ""
    """What the release did instead of returning."""

    def text(self, names: Names) -> str:
        whose = ", which it inherited in use" if self.inherited else ""
        how = f": it {self.trouble}" if self.trouble else ""
        return f"the child: release {names.connection(self.connection)}{whose}{how}"


@dataclass(frozen=True, slots=True)
class ClosedAfterFork:
    """The child closed its pool, as it does at its end."""

    at_s: float

    def text(self, names: Names) -> str:
        return "the child: close the pool"


@dataclass(frozen=True, slots=True)
class UsedAfterFork:
    """The parent used the connection that it held, when its child had come to its end."""

    at_s: float
    connection: int
    trouble: str = ""
    """What it got instead of its own reply."""

    def text(self, names: Names) -> str:
        outcome = self.trouble or "gets its own reply"
        return f"the parent: a command on {names.connection(self.connection)}: {outcome}"
