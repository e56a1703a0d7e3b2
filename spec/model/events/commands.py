"""Commands that callers give to a client which uses the pool."""

from dataclasses import dataclass

from .base import CallBegins, CallEnds
from .names import Names
from .values import Error


@dataclass(frozen=True, slots=True)
class CommandCalled(CallBegins):
    """A caller gave a command to a client that uses the pool."""

    def text(self, names: Names) -> str:
        return "gives a command to a client" if names.in_lanes else ""

    def text_begun(self, whole: str) -> str:
        return whole


@dataclass(frozen=True, slots=True)
class CommandReturned(CallEnds):
    """The client returned a reply, or raised `error`."""

    foreign: str = ""
    """What it returned, if that was not the reply to this command."""
    error: Error | None = None

    def text(self, names: Names) -> str:
        return f"{_who(self.pool, names)}{self._outcome(names)}"

    def _outcome(self, names: Names) -> str:
        if self.error is not None:
            return f"fails with {names.error(self.error)}"
        if not self.foreign:
            return "gets its reply"
        return f"gets another's reply{'' if names.short else f': {self.foreign}'}"


@dataclass(frozen=True, slots=True)
class CommandInterrupted(CallEnds):
    """The command ended by an exception that came from outside, or because time was up."""

    by: str
    """How: ``"cancel"``, ``"wait_for"``, ``"timeout"``, ``"KeyboardInterrupt"``, or
    ``"socket_timeout"``."""
    outstanding: bool
    """Whether the command had been sent, and its reply not been read."""

    def text(self, names: Names) -> str:
        by = "is cancelled" if self.by == "cancel" else f"is interrupted by {self.by}"
        when = " while its reply is on its way" if self.outstanding else ""
        return f"{_who(self.pool, names)}{by}{when}"


def _who(pool: str, names: Names) -> str:
    return names.subject(f"a command of a client{names.of(pool, 'from')}")
