"""The rules for what a pool may offer besides, and how such programs end."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ...programs.operations import Acquire, ClosePool, Elapse, Pass, Release
from ..themes import AGEING, CROWD_S, GRACE_S, LONG_S, OLD_S, Theme
from .closing_rules import MOST_WAITING, ClosingRules

OFTEN_S = 0.8 * OLD_S
"""As long as a connection may be idle."""

OWN_S = (CROWD_S / 5, 2 * CROWD_S)
"""How long callers say that they will wait: less, and more, than the pool would have them wait."""


class OptionRules(ClosingRules):
    """Connections that grow old, callers who name a timeout, and pools that close with patience."""

    _rested = 0
    """How many connections had been released when the pool was left alone."""

    _closing = False
    """Whether the pool has been closed with a grace period."""

    @precondition(lambda self: self._theme is Theme.MIN_IDLE and not self._held())
    @rule()
    def rest(self) -> None:
        """Leave the pool alone."""
        released = len(self._driving.released)
        if released > self._rested and not self._driving.waiting:
            self._rested = released
            self._run(Pass(LONG_S))

    @precondition(lambda self: self._theme in AGEING and not self._driving.waiting)
    @rule(seconds=st.sampled_from((OFTEN_S, LONG_S)))
    def grow_old(self, seconds: float) -> None:
        """Let time pass."""
        self._run(Pass(seconds))

    @precondition(lambda self: self._theme in AGEING)
    @rule(times=st.integers(min_value=2, max_value=5))
    def use_now_and_then(self, times: int) -> None:
        """Acquire and release every now and then, so that a connection is never idle for long."""
        for _ in range(times):
            before = set(self._driving.holding)
            if self._driving.free("A") > 0:
                self.acquire("A")
            for acquire in set(self._driving.holding) - before:
                self._run(Release(acquire, "A"))
            self.grow_old(OFTEN_S)

    @precondition(lambda self: self._theme is Theme.CALL_TIMEOUT)
    @rule(seconds=st.sampled_from(OWN_S))
    def wait_within(self, seconds: float) -> None:
        """Come when all connections are in use, and say how long one will wait."""
        if "A" in self._driving.retired or len(self._driving.waiting) >= MOST_WAITING:
            return
        if self._driving.free("A") <= 0:
            self._run(Acquire("A", seconds))

    @precondition(lambda self: self._theme is Theme.CALL_TIMEOUT and self._driving.waiting)
    @rule()
    def elapse(self) -> None:
        """Let the time of one who waits be over."""
        self._run(Elapse())

    @precondition(lambda self: self._theme is Theme.GRACEFUL_CLOSE and not self._closing)
    @rule()
    def close_gracefully(self) -> None:
        """Close the pool while connections are in use."""
        if self._held("A"):
            self._closing = True
            self._run(ClosePool("A", GRACE_S))

    @precondition(lambda self: self._theme is Theme.GRACEFUL_CLOSE and self._closing)
    @rule(seconds=st.sampled_from((GRACE_S / 2, 2 * GRACE_S)))
    def let_time_pass(self, seconds: float) -> None:
        """Let some of the grace period pass, or all of it."""
        self._run(Pass(seconds))

    def _come_to_the_point(self) -> None:
        match self._theme:
            case Theme.MAX_IDLE_TIME:
                self.exhaust("A")
                self._release_all("A")
                self.grow_old(LONG_S)
                self.exhaust("A")
            case Theme.MAX_LIFETIME:
                self.release(0)
                self.use_now_and_then(5)
            case Theme.MIN_IDLE:
                self._release_all("A")
                self.acquire("A")
                self._release_all("A")
                self.rest()
                self.exhaust("A")
                while self._held("A"):
                    self.drop(0)
                self.rest()
            case Theme.CALL_TIMEOUT:
                for seconds in OWN_S:
                    self._everybody_is_served()
                    self.exhaust("A")
                    self.wait_within(seconds)
                    self._run(Elapse())
            case Theme.GRACEFUL_CLOSE:
                if not self._held("A"):
                    self.acquire("A")
                self.close_gracefully()
                self._release_all("A")
            case _:
                super()._come_to_the_point()
