"""Callers who have time to wait, and such as take turns on connections that are all idle."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ..programs.operations import PATIENT_S, Use
from .program import ANY, Program, pick
from .workload import Workload


class Using(Program):
    """Holders who send a command."""

    @precondition(lambda self: self._held())
    @rule(which=ANY)
    def use(self, which: int) -> None:
        """Send a command."""
        self._run(Use(pick(self._held(), which)))


class TakingTurns(Program):
    """Callers who find connections that are idle."""

    def _begin(self) -> None:
        self.exhaust("A")
        self.release_all("A")

    @rule(pairs=st.integers(min_value=2, max_value=5))
    def take_turns(self, pairs: int) -> None:
        """Acquire and release several times in a row, as callers with one command each do."""
        for _ in range(pairs):
            self._acquire_and_release()


QUEUE = Workload(
    about="honest callers, with time to wait", program=Using, timeout_s=PATIENT_S, surplus_callers=8
)
TURNS = Workload(
    about="callers that take turns on connections that are all idle",
    program=TakingTurns,
    timeout_s=PATIENT_S,
)
