"""Holders who close their connection, let go of it, or hold it for the length of a block."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poolproof.spec import Capability
from poolproof.spec.model.conditions import Condition

from ..programs.operations import Drop, Forget, Release, RunBlock
from .durations import BRIEF_S
from .program import ANY, POOLS, Program, pick
from .queue import Using
from .scenario import ASK, give, staged
from .workload import Workload

EXITS: tuple[type[BaseException] | None, ...] = (None, ValueError, KeyboardInterrupt, GeneratorExit)
"""The ways out of a ``with`` block: its end, an exception, and two that are no Exception."""


class Dropping(Program):
    """Holders who close their connection."""

    @precondition(lambda self: self._held())
    @rule(which=ANY)
    def drop(self, which: int) -> None:
        """Close a connection that is in use, and give it back as a client does."""
        acquire = pick(self._held(), which)
        pool = self._driving.holding[acquire].pool
        self._run(Drop(acquire))
        self._run(Release(acquire, pool))


class Forgetting(Using, Dropping):
    """Holders who use their connection, close it, or never release it."""

    _forgot = False
    """Whether a connection has been let go of without a release."""

    @precondition(lambda self: not self._forgot and self._held())
    @rule(which=ANY)
    def forget(self, which: int) -> None:
        """Let go of a connection that is in use, once in a program: to collect garbage takes long."""
        self._forgot = True
        self._run(Forget(pick(self._held(), which)))


class Blocks(Program):
    """Connections that are held for the length of a block."""

    def _begin(self) -> None:
        if self._prepares:
            # Each way out is met, however few programs there are.
            self.run_block("A", EXITS[self._max_connections % len(EXITS)])
            self.exhaust("A")

    @rule(pool=POOLS, leave_by=st.sampled_from(EXITS))
    def run_block(self, pool: str, leave_by: type[BaseException] | None) -> None:
        """Hold the last free connection for the length of a block."""
        while self._driving.free(pool) > 1:
            held = len(self._held(pool))
            self.acquire(pool)
            if len(self._held(pool)) == held:
                return
        if self._driving.free(pool) > 0 and self._open_to_callers(pool):
            self._run(RunBlock(pool, leave_by))

    def _come_to_the_point(self) -> None:
        if self._driving.free("A") <= 0:
            self._release_one()
        self.run_block("A", KeyboardInterrupt)
        self.exhaust("A")


DROP = Workload(
    about="holders that close their connection",
    program=Forgetting,
    scenarios=(
        staged(
            "a connection that its holder lets go of, while a caller waits",
            2,
            (Forget(1),),
            holding=2,
            waiting=1,
            shown=True,
            after=(give(2), ASK, ASK, ASK),
        ),
        staged(
            "connections that their holders let go of",
            2,
            (Forget(1),),
            holding=2,
            shown=True,
            after=(ASK, Forget(2), ASK, ASK, ASK),
        ),
    ),
)
BLOCK = Workload(
    about="connections held for the length of a block",
    program=Blocks,
    needs=frozenset({Capability.CONTEXT_MANAGER}),
    brings=frozenset({Condition.LEFT_BLOCK}),
    scenarios=(
        staged(
            "a block that finds all connections in use",
            1,
            (RunBlock("A", None),),
            holding=1,
            timeout_s=BRIEF_S,
        ),
    ),
)
