"""What every rule stands on: the program under way, who holds a connection and who waits."""

from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from ...callers.factory import Driver
from ...programs.operations import Burst, Operation, Release
from ...programs.schedule import Schedule
from ..themes import SURPLUS_CALLERS, Theme
from .drawn_run import DrawnRun, LongEnough

ANY = st.integers(min_value=0, max_value=3)
"""Which of several: counted round, so that it always means one of them."""


class ProgramUnderWay(RuleBasedStateMachine):
    """Has the driver run what is drawn, and says what can be done next."""

    def __init__(self, drawn: DrawnRun, theme: Theme) -> None:
        super().__init__()
        self._drawn = drawn
        self._context = drawn.context
        self._theme = theme
        self._driver: Driver | None = None
        self._surplus_callers = SURPLUS_CALLERS.get(theme, 0)
        self._broken_off = False

    @property
    def _driving(self) -> Driver:
        if self._driver is None:
            raise AssertionError("a rule ran before the pools were built")
        return self._driver

    @property
    def _asyncio(self) -> bool:
        return self._context.drivers.asyncio

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

    def _release_all(self, pool: str) -> None:
        for acquire in self._held(pool):
            self._run(Release(acquire, pool))

    def _waiting(self) -> int:
        return len(self._driving.waiting)

    def _may_wait(self, pool: str = "A") -> bool:
        """Whether another caller would wait, or the pool is one that turns callers away."""
        return self._driving.free(pool) > 0 or "timeout" in self._context.settings.takes

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

    def _released_and_idle(self) -> list[int]:
        """The acquires whose connections have been released and not been handed out again."""
        if self._driver is None:
            return []
        in_use = {held.number for held in self._driver.holding.values()}
        # The same object may have another socket by now.
        objects = {id(held.connection) for held in self._driver.holding.values()}
        return [
            call
            for call, held in self._driver.released.items()
            if held.number not in in_use
            and id(held.connection) not in objects
            and held.pool not in self._driver.retired
            and held.pool not in self._driver.waiting.values()
        ]


def pick(several: list[int], which: int) -> int:
    """One of several, counted round."""
    return several[which % len(several)]
