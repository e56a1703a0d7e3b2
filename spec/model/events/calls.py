"""Acquire, release, and how they come to their end."""

from dataclasses import dataclass

from ..duration import duration
from .base import CallBegins, CallEnds, CallEvent
from .names import Names
from .values import Error


@dataclass(frozen=True, slots=True)
class AcquireCalled(CallBegins):
    """A caller asked the pool for a connection."""

    timeout_s: float | None = None
    """How long this caller would wait; None if it left that to the pool."""

    def asks(self, names: Names) -> str:
        """What it is, as the subject of a sentence."""
        within = "" if self.timeout_s is None else f" with a timeout of {duration(self.timeout_s)}"
        return f"acquire{within}{names.of(self.pool, 'from')}"

    def text(self, names: Names) -> str:
        return self.asks(names) if names.in_lanes else ""

    def text_begun(self, whole: str) -> str:
        return whole


@dataclass(frozen=True, slots=True)
class Acquired(CallEnds):
    """The acquire returned a connection."""

    connection: int | None
    """The server's number for it; None if it did not answer, and `trouble` says what it did."""
    trouble: str = ""
    foreign: bool = False
    """Whether `trouble` is that bytes came which were not the reply to what its caller had sent."""

    def text(self, names: Names) -> str:
        who = names.subject(names.calls[self.call])
        if self.connection is not None:
            return f"{who}gets {names.connection(self.connection)}"
        got = f"{who}gets {'one' if names.in_lanes else 'a connection'} {self._flaw}"
        return f"{got}: {self.trouble}" if self.foreign or not names.short else got

    def given(self, names: Names) -> str:
        """What the connection is called from now on."""
        if self.connection is not None:
            return names.connection(self.connection)
        return f"one {self._flaw}" if names.in_lanes else "the connection that does not work"

    @property
    def _flaw(self) -> str:
        return "with another caller's reply on it" if self.foreign else "that does not work"


@dataclass(frozen=True, slots=True)
class AcquireFailed(CallEnds):
    """The acquire raised."""

    error: Error
    control_s: float = 0.0
    """How long a plain wait of the standard library for `timeout` took, begun with this acquire."""
    exact: bool = False
    """Whether the clock is one by which no wait ends late because the machine is busy."""

    def text(self, names: Names) -> str:
        who = names.subject(names.calls[self.call])
        after = duration(self.at_s - names.called_s[self.call])
        return f"{who}fails after {after} with {names.error(self.error)}"


@dataclass(frozen=True, slots=True)
class ReleaseCalled(CallBegins):
    """A caller gave the connection that `acquire` had got back to `pool`."""

    acquire: int
    """The call of the acquire that had got the connection, from this pool or from another."""
    inside: int | None = None
    """The call in the middle of which the same thread made this one, as a finalizer does."""

    def text(self, names: Names) -> str:
        where = "" if self.inside is None else "inside it: "
        owner = names.pools[self.acquire]
        is_named = owner != self.pool and not names.in_lanes
        whose = f", which is pool {owner}'s," if is_named else ""
        again = " again" if self.call in names.again else ""
        to = names.of(self.pool, "to")
        return f"{where}release {names.releasing[self.call]}{whose}{again}{to}"

    def text_begun(self, whole: str) -> str:
        return whole.replace("release", "begins to release", 1)


@dataclass(frozen=True, slots=True)
class ReleaseReturned(CallEnds):
    """The release returned, or raised `error`."""

    acquire: int
    error: Error | None = None
    reply_outstanding: bool = False
    """Whether the server owed the connection a reply all the while."""
    waited_for_reply: bool = False
    """Whether the release did not return until the server was made to reply."""

    def text(self, names: Names) -> str:
        if self.waited_for_reply:
            return "the release returns only when the server sends the reply that it owes"
        return "" if self.error is None else f"the release raises {names.error(self.error)}"

    def text_later(self, names: Names) -> str:
        return f"has released {names.releasing[self.call]}"


@dataclass(frozen=True, slots=True)
class CancelCalled(CallEvent):
    """The caller of a call that had not returned was cancelled."""

    by: str
    """How: ``"cancel"``, ``"wait_for"``, ``"timeout"``, or ``"KeyboardInterrupt"``."""

    def text(self, names: Names) -> str:
        return "is cancelled" if self.by == "cancel" else f"is cancelled by {self.by}"


@dataclass(frozen=True, slots=True)
class AcquireCancelled(CallEnds):
    """The acquire ended without a connection because its caller had been cancelled."""

    def text(self, names: Names) -> str:
        return "leaves with nothing"


@dataclass(frozen=True, slots=True)
class ReleaseCancelled(CallEnds):
    """The release ended by an exception because its caller had been cancelled."""

    acquire: int

    def text(self, names: Names) -> str:
        return "leaves"


@dataclass(frozen=True, slots=True)
class Overdue(CallEnds):
    """A call had still not returned when it was given up."""

    waited_s: float

    def text(self, names: Names) -> str:
        how = "never returns"
        if self.waited_s:  # where nothing moved any more, nobody had to wait
            how = f"has not returned after {duration(self.waited_s)}"
        what = names.calls.get(self.call, "a call")
        if names.in_lanes:
            return how if self.call in names.callers else f"{what} {how}"
        return f"{what} {how} and is given up"
