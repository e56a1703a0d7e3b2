"""What kinds of events there are: of a pool, of a call, of the holder of a connection.

Every event has a method ``text``, which says what happened; it is empty where that goes without saying.
"""

from dataclasses import dataclass

from .names import Names


@dataclass(frozen=True, slots=True)
class PoolEvent:
    """Something happened to one pool."""

    at_s: float
    pool: str


@dataclass(frozen=True, slots=True)
class CallEvent(PoolEvent):
    """Something happened to a call."""

    call: int


@dataclass(frozen=True, slots=True)
class CallBegins(CallEvent):
    """A call began. Where its end comes next, its text says both."""

    def text_begun(self, whole: str) -> str:
        """What is said in lanes, instead of that `whole` text, if its end does not come next."""
        return f"{whole}: begins"


@dataclass(frozen=True, slots=True)
class CallEnds(CallEvent):
    """A call came to its end."""

    def text_later(self, names: Names) -> str:
        """What is said instead of an empty text if something else happened meanwhile."""
        return "has done so"


@dataclass(frozen=True, slots=True)
class HolderEvent(PoolEvent):
    """The holder of the connection that `acquire` had got did something with it."""

    acquire: int
