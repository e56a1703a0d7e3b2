"""A program that is drawn: two pools are built, rules are drawn, all is given back and judged.

One rule per operation. A rule draws what to do and hands it to the driver, which runs it until
nothing moves; when the program is over, the history goes to the checker. There is no clause here: a
rule asks nothing of the pool, and any outcome of an operation is a history like any other.

The programs of a workload add rules of their own, how they begin, and what they come to at last.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ..callers.driver import Driver
from ..programs.operations import Acquire, Build, Burst, Operation, Release
from ..programs.schedule import Schedule
from .drawn_run import DrawnRun, LongEnough
from .workload import Workload

ANY = st.integers(min_value=0, max_value=3)
"""Which of several: counted round, so that it always means one of them."""

POOLS = st.sampled_from(("A", "A", "A", "B"))
"""Two pools are alive in every program. Most happens in the first."""


def pick(several: list[int], which: int) -> int:
    """One of several, counted round."""
    return several[which % len(several)]


class Program(RuleBasedStateMachine):
    """Callers who acquire and release, one after another."""

    def __init__(self, drawn: DrawnRun, workload: Workload) -> None:
        super().__init__()
        self._drawn = drawn
        self._context = drawn.context
        self._workload = workload
        self._driver: Driver | None = None
        self._max_connections = 0
        self._prepares = False
        """Whether something may be done first that prepares what is drawn: in half of the programs."""
        self._surplus_callers = workload.surplus_callers
        self._broken_off = False

    @initialize(
        max_connections=st.integers(min_value=1, max_value=4),
        prepares=st.booleans(),
    )
    def build(self, max_connections: int, prepares: bool) -> None:
        """Build the two pools, and begin as the workload would have it."""
        self._drawn.begin_program()
        # Hypothesis makes every program see the same numbers; a pool that uses chance shall not.
        random.seed(self._context.checker.programs)
        self._driver = self._context.new_driver(self._workload.setup)
        self._max_connections, self._prepares = max_connections, prepares
        config = self._workload.config(max_connections, takes_timeout=self._takes_timeout)
        for pool in ("A", "B"):
            self._run(Build(pool, config))
        self._begin()

    @rule(pool=POOLS)
    def acquire(self, pool: str) -> None:
        """Ask for a connection, also when there is none."""
        if not self._open_to_callers(pool):
            return
        if self._driving.free(pool) <= 0:
            if self._surplus_callers == 0:
                return
            self._surplus_callers -= 1
        self._run(Acquire(pool))

    @rule(pool=POOLS)
    def exhaust(self, pool: str) -> None:
        """Ask for all connections that are left."""
        for _ in range(self._driving.free(pool)):
            self.acquire(pool)

    @precondition(lambda self: self._held())
    @rule(which=ANY)
    def release(self, which: int) -> None:
        """Give a connection back."""
        if self._held():
            acquire = pick(self._held(), which)
            self._run(Release(acquire, self._driving.holding[acquire].pool))

    @precondition(lambda self: len(self._held()) > 1)
    @rule(pool=POOLS)
    def release_all(self, pool: str) -> None:
        """Give back all connections of a pool."""
        for acquire in self._held(pool):
            self._run(Release(acquire, pool))

    def teardown(self) -> None:
        """Give everything back, see that all of it can be used again, and let the checker judge."""
        if self._driver is None or self._broken_off:
            return
        with self._faults_are_remembered():
            self._come_to_the_point()
            self._driver.finish()
        self._drawn.judge(self._driver)

    def _begin(self) -> None:
        """Do what must come before anything that is drawn."""

    def _come_to_the_point(self) -> None:
        """Do at last what the workload is about, lest a program never gets there."""

    @property
    def _driving(self) -> Driver:
        if self._driver is None:
            raise AssertionError("a rule ran before the pools were built")
        return self._driver

    @property
    def _asyncio(self) -> bool:
        return self._context.drivers.asyncio

    @property
    def _takes_timeout(self) -> bool:
        return "timeout" in self._context.settings.takes

    def _run(self, *operations: Operation, schedule: Schedule = Schedule()) -> None:  # noqa: B008 - it is frozen
        self._context.on_step()
        with self._faults_are_remembered():
            self._driving.run(Burst(operations, schedule))

    @contextmanager
    def _faults_are_remembered(self) -> Iterator[None]:
        """Hypothesis would take the fault for something that the program does, and play with it."""
        try:
            yield
        except Exception as fault:
            self._broken_off = True
            self._drawn.note_fault(fault)
            raise LongEnough from fault

    def _acquire_and_release(self) -> None:
        """Let a caller come who gives back at once what it gets."""
        before = set(self._driving.holding)
        if self._driving.free("A") > 0:
            self.acquire("A")
        for acquire in set(self._driving.holding) - before:
            self._run(Release(acquire, "A"))

    def _release_if_held(self, acquire: int) -> None:
        if acquire in self._held("A"):
            self._run(Release(acquire, "A"))

    def _release_one(self) -> None:
        """Release the connection of pool A that has been in use for longest."""
        for acquire in self._held("A")[:1]:
            self._run(Release(acquire, "A"))

    def _everybody_is_served(self) -> None:
        """Release until nobody waits any more."""
        while self._driving.waiting and self._held("A"):
            self._release_one()

    def _show_that_waiters_are_served(self) -> None:
        """In the other pool: so that what goes wrong later can be told from what goes wrong anyway."""
        self.exhaust("B")
        if self._held("B") and self._may_wait("B"):
            self._run(Acquire("B"))
            self._run(Release(self._held("B")[0], "B"))
        self.release_all("B")

    def _wait_behind(self, most: int) -> None:
        """Come when all connections are in use, to a pool that lets callers wait, unless so many do."""
        if "A" in self._driving.retired or len(self._driving.waiting) >= most:
            return
        if self._driving.free("A") <= 0 and self._takes_timeout:
            self._run(Acquire("A"))

    def _may_wait(self, pool: str = "A") -> bool:
        """Whether another caller would wait, or the pool is one that turns callers away."""
        return self._driving.free(pool) > 0 or self._takes_timeout

    def _open_to_callers(self, pool: str) -> bool:
        """Whether another caller may come: one who waits at a time, until fairness is judged."""
        return pool not in self._driving.retired and pool not in self._driving.waiting.values()

    def _held(self, pool: str | None = None) -> list[int]:
        """The acquires whose connections are in use, in pools with which the program goes on."""
        if self._driver is None:
            return []
        return [
            call
            for call, held in self._driver.holding.items()
            if held.pool not in self._driver.retired and pool in (None, held.pool)
        ]
