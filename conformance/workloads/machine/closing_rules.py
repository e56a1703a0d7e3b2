"""The rules for pools that are closed or disconnected in use, and how such programs end."""

from hypothesis.stateful import precondition, rule

from ...programs.operations import Acquire, ClosePool, DisconnectPool, HoldConnects, LetConnect
from ..themes import CLOSING, Theme
from .failing_rules import FailingRules

MOST_WAITING = 2
"""How many callers may wait when the pool is closed or disconnected."""


class ClosingRules(FailingRules):
    """Closing and disconnecting, with connections idle and in use, and callers who wait or connect."""

    @precondition(lambda self: self._theme in CLOSING)
    @rule()
    def end(self) -> None:
        """Close the pool, perhaps once more; or disconnect it."""
        if "A" not in self._driving.retired:
            self._run(ClosePool("A") if self._theme is Theme.CLOSE else DisconnectPool("A"))

    @precondition(lambda self: self._theme in CLOSING)
    @rule()
    def wait(self) -> None:
        """Come when all connections are in use."""
        if "A" in self._driving.retired or len(self._driving.waiting) >= MOST_WAITING:
            return
        if self._driving.free("A") <= 0 and "timeout" in self._context.settings.takes:
            self._run(Acquire("A"))

    @precondition(lambda self: self._theme is Theme.CLOSE)
    @rule()
    def end_while_somebody_connects(self) -> None:
        """Close the pool while the server keeps a caller waiting."""
        if "A" in self._driving.retired or self._driving.waiting or self._driving.free("A") <= 0:
            return
        self._run(HoldConnects())
        self._run(Acquire("A"))
        self.end()
        self._run(LetConnect())

    def _come_to_the_point(self) -> None:
        if self._theme not in CLOSING:
            super()._come_to_the_point()
            return
        if not self._driving.closed:
            self.exhaust("A")
            # With something idle, or with somebody waiting: never both.
            if len(self._held("A")) % 2 == 0:
                self.release(0)
            for _ in range(MOST_WAITING):
                self.wait()
            self.end()
        self._everybody_is_served()
        self.release(0)
        self.end()
        self.acquire("A")
