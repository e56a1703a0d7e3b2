"""What is done to a whole pool: it is closed, disconnected, or told of new credentials."""

from dataclasses import dataclass

from ..duration import duration
from .base import CallBegins, CallEnds, CallEvent
from .names import Names
from .values import Error


@dataclass(frozen=True, slots=True)
class CloseCalled(CallBegins):
    """The pool was to be closed."""

    grace_s: float | None = None
    """The grace period for those who hold a connection; None if none was named."""

    def text(self, names: Names) -> str:
        of = names.of(self.pool, "of")
        if self.grace_s is not None:
            who = names.subject("somebody")
            return f"{who}closes the pool with a grace period of {duration(self.grace_s)}{of}"
        return f"closes the pool{of}" if names.in_lanes else ""


@dataclass(frozen=True, slots=True)
class CloseReturned(CallEnds):
    """Closing the pool came to an end, or raised `error`."""

    error: Error | None = None

    def text(self, names: Names) -> str:
        of = names.of(self.pool, "of")
        if self.call in names.graceful:
            return _ended(f"closing the pool{of} comes to its end, and", self.error, names)
        return _ended(f"somebody closes the pool{of}, which", self.error, names)


@dataclass(frozen=True, slots=True)
class DisconnectCalled(CallBegins):
    """The pool was to disconnect, and to go on."""

    def text(self, names: Names) -> str:
        return f"disconnects the pool{names.of(self.pool, 'of')}" if names.in_lanes else ""


@dataclass(frozen=True, slots=True)
class DisconnectReturned(CallEnds):
    """Disconnecting came to an end, or raised `error`."""

    error: Error | None = None

    def text(self, names: Names) -> str:
        of = names.of(self.pool, "of")
        return _ended(f"somebody disconnects the pool{of}, which", self.error, names)


@dataclass(frozen=True, slots=True)
class ReauthCalled(CallBegins):
    """The pool was told of new credentials, which are as good as those that it had."""

    def text(self, names: Names) -> str:
        of = names.of(self.pool, "of")
        if names.in_lanes:
            return f"tells the pool of new credentials{of}"
        return f"somebody begins to tell the pool{of} of new credentials"


@dataclass(frozen=True, slots=True)
class ReauthReturned(CallEnds):
    """Telling the pool of new credentials came to an end, or raised `error`."""

    error: Error | None = None

    def text(self, names: Names) -> str:
        of = names.of(self.pool, "of")
        return _ended(f"telling the pool{of} comes to its end, and", self.error, names)


@dataclass(frozen=True, slots=True)
class HeldUp(CallEvent):
    """A release stood still that had not asked the server anything, while its answer to AUTH was
    outstanding.
    """

    def text(self, names: Names) -> str:
        who = names.subject("the release")
        return f"{who}stands still, while the server's answer to AUTH is outstanding"


def _ended(sentence: str, error: Error | None, names: Names) -> str:
    """The sentence, whose last word leads to the error, without it if there is no error."""
    raises = "" if error is None else f"raises {names.error(error)}"
    if names.in_lanes:
        return raises
    return f"{sentence} {raises}" if raises else sentence.rpartition(",")[0]
