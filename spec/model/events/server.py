"""What becomes of connections and of the server, whatever the callers do."""

from dataclasses import dataclass

from .base import PoolEvent
from .names import Names


@dataclass(frozen=True, slots=True)
class BytesArrived(PoolEvent):
    """Bytes that nobody has read have come to the pool's end of an open connection: the reply that
    its holder left unread, or something that nobody had asked for.
    """

    connection: int

    def text(self, names: Names) -> str:
        return f"bytes that nobody reads arrive on {names.connection(self.connection)}"


@dataclass(frozen=True, slots=True)
class Cut(PoolEvent):
    """A connection was cut: the server closed it, the network did away with it, or its client did."""

    connection: int
    how: str
    """By what, such as ``"CLIENT KILL"`` or ``"reset"``."""
    visible: bool = True
    """Whether the socket at the pool's end shows it by now. It does not when nothing comes through."""
    here: bool = False
    """Whether it is so for its pool alone, in the pool's own process."""

    def text(self, names: Names) -> str:
        it = names.connection(self.connection)
        if self.here:
            return f"{it} is no good any more: {self.how}"
        if self.how == "CLIENT KILL":
            return f"the server closes {it} ({self.how})"
        return f"{it} is cut: {self.how}"


@dataclass(frozen=True, slots=True)
class Outage:
    """From now on the server lets nobody connect, or does not answer at all; or connections fail
    `here`, in the pool's own process.
    """

    at_s: float
    how: str
    here: bool = False

    def text(self, names: Names) -> str:
        if self.here:
            return f"the pool's connections begin to fail: {self.how}"
        return f"the server cannot be reached: {self.how}"


@dataclass(frozen=True, slots=True)
class OutageOver:
    """Whoever connects to the server from now on is admitted and answered."""

    at_s: float
    here: bool = False
    """Whether it was not the server that kept them from it."""

    def text(self, names: Names) -> str:
        if self.here:
            return "connections do not fail any more"
        return "the server can be reached again"
