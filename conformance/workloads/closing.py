"""Pools that are closed or disconnected in use, with callers who wait, connect, or hold connections."""

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poolproof.spec import Capability
from poolproof.spec.model.conditions import Condition

from ..programs.operations import Acquire, ClosePool, DisconnectPool, HoldConnects, LetConnect, Pass
from .durations import CROWD_S
from .program import Program
from .scenario import ASK, give, staged
from .workload import Workload

MOST_WAITING = 2
"""How many callers may wait when the pool is closed or disconnected."""

GRACE_S = 10.0
"""How long holders are given when a pool is closed."""


class EndingConnections(Program):
    """Pools that end their connections, idle and in use."""

    _ending: ClassVar[ClosePool | DisconnectPool]
    """What ends them."""

    @rule()
    def end(self) -> None:
        """Close the pool, perhaps once more; or disconnect it."""
        if "A" not in self._driving.retired:
            self._run(self._ending)

    @rule()
    def wait(self) -> None:
        """Come when all connections are in use."""
        self._wait_behind(MOST_WAITING)

    def _come_to_the_point(self) -> None:
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


class Closing(EndingConnections):
    """Pools that are closed."""

    _ending = ClosePool("A")

    @rule()
    def end_while_somebody_connects(self) -> None:
        """Close the pool while the server keeps a caller waiting."""
        if "A" in self._driving.retired or self._driving.waiting or self._driving.free("A") <= 0:
            return
        self._run(HoldConnects())
        self._run(Acquire("A"))
        self.end()
        self._run(LetConnect())


class Disconnecting(EndingConnections):
    """Pools that disconnect and go on."""

    _ending = DisconnectPool("A")

    def _begin(self) -> None:
        self._show_that_waiters_are_served()


class ClosingGracefully(Program):
    """Pools that are closed and given time."""

    _closing = False
    """Whether the pool has been closed."""

    @precondition(lambda self: not self._closing)
    @rule()
    def close_gracefully(self) -> None:
        """Close the pool while connections are in use."""
        if self._held("A"):
            self._closing = True
            self._run(ClosePool("A", GRACE_S))

    @precondition(lambda self: self._closing)
    @rule(seconds=st.sampled_from((GRACE_S / 2, 2 * GRACE_S)))
    def let_time_pass(self, seconds: float) -> None:
        """Let some of the grace period pass, or all of it."""
        self._run(Pass(seconds))

    def _come_to_the_point(self) -> None:
        if not self._held("A"):
            self.acquire("A")
        self.close_gracefully()
        self.release_all("A")


CLOSE = Workload(
    about="pools that are closed while they are used",
    program=Closing,
    needs=frozenset({Capability.CLOSE}),
    brings=frozenset({Condition.CLOSED}),
    timeout_s=CROWD_S,
    surplus_callers=3,
    share=2,
    quiescent_only=True,
    scenarios=(
        staged(
            "closed while a caller waits",
            1,
            (ClosePool("A"),),
            holding=1,
            waiting=1,
            after=(give(1), ASK, ClosePool("A")),
        ),
        staged(
            "closed while one connection is idle and one in use",
            2,
            (ClosePool("A"),),
            holding=1,
            idle=2,
            after=(give(5), ASK, ClosePool("A")),
        ),
    ),
)
DISCONNECT = Workload(
    about="pools that disconnect and go on",
    program=Disconnecting,
    needs=frozenset({Capability.DISCONNECT}),
    brings=frozenset({Condition.DISCONNECTED}),
    timeout_s=CROWD_S,
    surplus_callers=3,
    quiescent_only=True,
    scenarios=(
        staged(
            "disconnected while a caller waits",
            1,
            (DisconnectPool("A"),),
            holding=1,
            waiting=1,
            shown=True,
            after=(give(1),),
        ),
        staged(
            "disconnected while one connection is idle and one in use",
            2,
            (DisconnectPool("A"),),
            holding=1,
            idle=2,
            shown=True,
            after=(give(5),),
        ),
    ),
)
GRACEFUL_CLOSE = Workload(
    about="pools that are closed and given time for those who hold connections",
    program=ClosingGracefully,
    needs=frozenset({Capability.GRACEFUL_CLOSE}),
    brings=frozenset({Condition.CLOSED}),
    timeout_s=CROWD_S,
    share=2,
    quiescent_only=True,
    scenarios=(
        staged(
            "closed with a grace period, in which all is released",
            1,
            (ClosePool("A", GRACE_S),),
            holding=1,
            after=(Pass(GRACE_S / 2), give(1)),
        ),
        staged(
            "closed with a grace period, and something is in use for longer",
            1,
            (ClosePool("A", GRACE_S),),
            holding=1,
            after=(Pass(2 * GRACE_S), give(1)),
        ),
    ),
)
