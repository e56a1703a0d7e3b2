"""A run of the machine: the programs that Hypothesis draws from one seed.

When a program breaks a clause, Hypothesis makes it shorter; from then on only that clause makes a
program of this run fail. The checker hears all of them.
"""

from time import monotonic

from ..callers.driver import Driver
from .context import CheckContext


class ClauseBroken(Exception):
    """A program broke the clause that the run is after. Hypothesis makes it shorter."""


class LongEnough(BaseException):
    """The run is over. Not an Exception, so that Hypothesis lets it pass."""


class DrawnRun:
    """What is known of one run. Times are in seconds."""

    def __init__(self, context: CheckContext, seed: int, run_s: float, shorten_s: float) -> None:
        self.context = context
        self.seed = seed
        self._end_s = monotonic() + run_s
        self._shorten_s = shorten_s
        self._sought: str | None = None
        self._fault: Exception | None = None
        self._was_stopped = False

    @property
    def sought(self) -> str | None:
        """The clause that a program of the run broke, for which a shorter one is looked for."""
        return self._sought

    @property
    def fault(self) -> Exception | None:
        """What kept a program from being run to its end, other than the pool's outcome."""
        return self._fault

    @property
    def was_stopped(self) -> bool:
        """Whether the run had taken as long as it may."""
        return self._was_stopped

    def begin_program(self) -> None:
        """Let the run draw another program. Raises LongEnough when the time for it is over.

        A program that has begun is heard to its end, however long its calls take.
        """
        time = self.context.time
        if monotonic() > self._end_s or time.is_up:
            self._was_stopped = True
            if self._sought is None:
                time.cut_short()
            raise LongEnough

    def judge(self, driver: Driver) -> None:
        """Have a program judged. Raises ClauseBroken if it breaks the clause that the run is after."""
        violations = self.context.checker.judge(
            driver.events, driver.trace, self.seed, is_final=False
        )
        for violation in violations:
            if self._sought is None:
                self._sought = violation.clause
                self._end_s = monotonic() + self._shorten_s
            if self._sought == violation.clause:
                raise ClauseBroken(violation.clause)

    def note_fault(self, fault: Exception) -> None:
        """Remember what kept a program from being run to its end."""
        self._fault = fault
