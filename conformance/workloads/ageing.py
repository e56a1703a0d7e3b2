"""What pools do in time by themselves: close what has grown old, and open what should be idle."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poolproof.spec import Capability
from poolproof.spec.model.events import PoolConfig

from ..programs.operations import Acquire, HoldConnects, LetConnect, Pass
from .durations import CROWD_S
from .holders import Dropping
from .program import Program
from .workload import Workload

OLD_S = 60.0
"""How old connections may become: so long that a pool may take many seconds to look for old ones."""

LONG_S = 2.5 * OLD_S
"""How much time passes so that all have grown too old."""

OFTEN_S = 0.8 * OLD_S
"""As long as a connection may be idle."""


class GrowingOld(Program):
    """Connections that grow old."""

    @precondition(lambda self: not self._driving.waiting)
    @rule(seconds=st.sampled_from((OFTEN_S, LONG_S)))
    def grow_old(self, seconds: float) -> None:
        """Let time pass."""
        self._run(Pass(seconds))

    @rule(times=st.integers(min_value=2, max_value=5))
    def use_now_and_then(self, times: int) -> None:
        """Acquire and release every now and then, so that a connection is never idle for long."""
        for _ in range(times):
            self._acquire_and_release()
            self.grow_old(OFTEN_S)

    @precondition(lambda self: not self._driving.waiting)
    @rule()
    def hold_for_long(self) -> None:
        """Hold a connection for longer than one may be idle or open."""
        self._acquire_and_release()
        self.grow_old(OFTEN_S)
        self.acquire("A")
        if self._held("A") and not self._driving.waiting:
            self.grow_old(LONG_S)


class LeavingIdle(GrowingOld):
    """Connections that are idle for too long."""

    def _come_to_the_point(self) -> None:
        self.release(0)
        self.hold_for_long()
        self.exhaust("A")
        self.release_all("A")
        self.grow_old(LONG_S)
        self.exhaust("A")


class LivingLong(GrowingOld):
    """Connections that are open for too long, and never idle for long."""

    def _come_to_the_point(self) -> None:
        self.release(0)
        self.hold_for_long()
        self.release(0)
        self.use_now_and_then(5)


class Resting(Dropping):
    """Pools that nobody uses for a while."""

    _rested = 0
    """How many connections had been released when the pool was left alone."""

    def _begin(self) -> None:
        if self._prepares:
            self._come_while_it_opens()

    @precondition(lambda self: not self._held())
    @rule()
    def rest(self) -> None:
        """Leave the pool alone."""
        released = len(self._driving.released)
        if released > self._rested and not self._driving.waiting:
            self._rested = released
            self._run(Pass(LONG_S))

    def _come_while_it_opens(self) -> None:
        """Come twice while whoever opens a connection is kept waiting."""
        self._run(HoldConnects())
        self._run(Pass(LONG_S))
        self._run(Acquire("A"))
        self._run(Acquire("A"))
        self._run(LetConnect())

    def _lose_one(self) -> None:
        """Have a holder close its connection, so that the pool has one to open."""
        self.acquire("A")
        if not self._held("A") or self._driving.waiting:
            return
        self.drop(0)
        self.release_all("A")
        self._come_while_it_opens()

    def _come_to_the_point(self) -> None:
        self.release_all("A")
        self._lose_one()
        self.release_all("A")
        self.acquire("A")
        self.release_all("A")
        self.rest()
        self.exhaust("A")
        while self._held("A"):
            self.drop(0)
        self.rest()


def _with_min_idle(config: PoolConfig) -> PoolConfig:
    return replace(config, min_idle=1 + config.max_connections // 3)


MAX_IDLE_TIME = Workload(
    about="connections that are idle for longer than the pool was told to let them",
    program=LeavingIdle,
    needs=frozenset({Capability.MAX_IDLE_TIME}),
    timeout_s=CROWD_S,
    options=lambda config: replace(config, max_idle_time_s=OLD_S),
    quiescent_only=True,
    by_pools_clock=True,
)
MAX_LIFETIME = Workload(
    about="connections that are open for longer than the pool was told to let them",
    program=LivingLong,
    needs=frozenset({Capability.MAX_LIFETIME}),
    timeout_s=CROWD_S,
    options=lambda config: replace(config, max_lifetime_s=OLD_S),
    quiescent_only=True,
    by_pools_clock=True,
)
MIN_IDLE = Workload(
    about="pools that are to have connections open when nobody uses any",
    program=Resting,
    needs=frozenset({Capability.MIN_IDLE}),
    timeout_s=CROWD_S,
    options=_with_min_idle,
    quiescent_only=True,
    by_pools_clock=True,
)
