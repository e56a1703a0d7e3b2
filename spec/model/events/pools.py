"""A pool is built, nothing moves any more, and what is tried on a pool once."""

from collections.abc import Mapping
from dataclasses import dataclass

from .base import PoolEvent
from .names import Names
from .values import Error, PoolConfig


@dataclass(frozen=True, slots=True)
class PoolBuilt(PoolEvent):
    """A pool was built."""

    config: PoolConfig

    def text(self, names: Names) -> str:
        return f"a pool is built with {self.config}"


@dataclass(frozen=True, slots=True)
class Quiescent:
    """Nothing moved any more. Calls that have not returned are waiting."""

    at_s: float
    open: Mapping[str, frozenset[int]]
    """The connections of each pool that the server saw open."""
    certain: bool = False
    """Whether it is known, and not only likely, that nothing moved."""
    connecting: frozenset[int] = frozenset()
    """The calls that had not returned because the server kept them waiting."""
    connects_held: bool = False
    """Whether the server kept those waiting who opened a connection."""
    closing: frozenset[int] = frozenset()
    """The calls that had not returned because they were closing a connection, which takes long."""
    stack: tuple[str, ...] = ()
    """Where a release is in the code that has not returned, the outermost place first."""

    @property
    def apart(self) -> frozenset[int]:
        """The calls that had not returned for what is no matter of the pool's other callers."""
        return self.connecting | self.closing

    def text(self, names: Names) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class ArgumentTried:
    """A pool was built with an argument that makes no sense."""

    at_s: float
    argument: str
    value: str
    refused: Error | None
    """What the constructor, or else the first acquire, raised; None if neither did."""
    returned: bool = True
    """Whether both came to an end."""

    def text(self, names: Names) -> str:
        outcome = "accepted" if self.refused is None else f"refused with {self.refused}"
        outcome = outcome if self.returned else "the pool hung"
        return f"a pool is built with {self.argument}={self.value}: {outcome}"


@dataclass(frozen=True, slots=True)
class FeatureTried:
    """A feature of the client was tried on the pool; `trouble` is empty if it worked."""

    at_s: float
    feature: str
    trouble: str = ""

    def text(self, names: Names) -> str:
        return f"{self.feature}: {self.trouble or 'works'}"


@dataclass(frozen=True, slots=True)
class Shown:
    """The pool or an error of it was printed, having been built with these secrets."""

    at_s: float
    what: str
    printed: str
    secrets: tuple[str, ...]

    def text(self, names: Names) -> str:
        printed = self.printed
        for secret in self.secrets:
            printed = printed.replace(secret, "<the secret>")
        return f"{self.what} reads: {' '.join(printed.split())}"
