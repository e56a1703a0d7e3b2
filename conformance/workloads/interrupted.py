"""Commands that are interrupted while their reply is on its way."""

from hypothesis.stateful import rule

from poolproof.spec import Capability
from poolproof.spec.model.conditions import Condition

from ..programs.fault_kinds import MEANS, SIGNALS
from ..programs.operations import InterruptCommand
from .durations import CROWD_S
from .program import ANY, Program
from .scenario import staged
from .workload import Workload


class Interrupting(Program):
    """Clients that give a command and are interrupted."""

    @rule(which=ANY)
    def interrupt_a_command(self, which: int) -> None:
        """Interrupt a command on the only connection that is not in use, which is open already."""
        if "A" in self._driving.retired or self._driving.waiting:
            return
        self.exhaust("A")
        if self._held("A"):
            self._release_one()
            by = MEANS[which % len(MEANS)] if self._asyncio else SIGNALS[which % len(SIGNALS)]
            self._run(InterruptCommand("A", by))

    def _come_to_the_point(self) -> None:
        for which in range(len(MEANS if self._asyncio else SIGNALS)):
            self.interrupt_a_command(which)


INTERRUPTED = Workload(
    about="commands that are interrupted while their reply is on its way",
    program=Interrupting,
    needs=frozenset({Capability.CLIENT}),
    brings=frozenset({Condition.INTERRUPTED}),
    timeout_s=CROWD_S,
    quiescent_only=True,
    scenarios=tuple(
        staged(
            f"a command that is interrupted by {by} while its reply is on its way",
            1,
            (InterruptCommand("A", by),),
            idle=1,
            needs=frozenset({Capability.ASYNCIO if by in MEANS else Capability.THREADS}),
        )
        for by in (*MEANS, *SIGNALS)
    ),
)
