"""Reduction: makes the program of a story shorter, by leaving out what the story does not need.

Hypothesis shortens what it has drawn. The small scenarios are not drawn, nor is the end of a program;
and it gives up early. So at last operations are left out of the program of each story, many at once
and then one by one, and it is run again each time (delta debugging: Zeller and Hildebrandt,
Simplifying and Isolating Failure-Inducing Input, 2002). A shorter program counts only if the clause
is broken by it, on the real server, by itself.
"""

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from ..callers.driver import Driver
from ..callers.playing import possible
from ..checker import Violation
from ..programs.operations import Build, Cancelled, Operation, Release, ReleaseInside, renumbered
from ..programs.trace import Step
from ..workloads.context import CheckContext

NO_CALL = 0
"""The number of no call."""


def shorten_stories(context: CheckContext, shorten_s: float) -> None:
    """Make the programs of all stories shorter, each for so long at most, and while there is time."""
    told = [each for each in context.checker.violations.values() if each.trace is not None]
    for place, violation in enumerate(told):
        share_s = context.time.left_s / (len(told) - place)
        reduction = _Reduction(context, violation, monotonic() + min(shorten_s, share_s))
        context.checker.keep(reduction.shortest())


class _Reduction:
    """Looks for the shortest program that breaks one clause."""

    def __init__(self, context: CheckContext, violation: Violation, end_s: float) -> None:
        self._context = context
        self._best = violation
        self._end_s = end_s

    def shortest(self) -> Violation:
        """The violation by the shortest program that was found."""
        # What came later may be what decides, too: it may show that a pool keeps a promise at all.
        self._breaks_it(
            [step for step in self._steps if step.events_before <= self._best.decided_by]
        )
        self._leave_out()
        self._have_fewer_connections()
        return self._best

    @property
    def _steps(self) -> Sequence[Step]:
        return () if self._best.trace is None else self._best.trace.steps

    def _leave_out(self) -> None:
        """Leave out ever less at once, from the end to the beginning, until nothing can be."""
        size = len(self._steps) // 2
        while size and monotonic() < self._end_s:
            end, found = len(self._steps), False
            while end > 0:
                steps = self._steps
                begin = max(0, end - size)
                builds = [step for step in steps[begin:end] if _builds(step)]
                if begin + len(builds) < end:
                    found |= self._breaks_it([*steps[:begin], *builds, *steps[end:]])
                end = begin
            if not (found and size == 1):
                size //= 2

    def _have_fewer_connections(self) -> None:
        """Build the pools with as few connections as will do."""
        most = max((_most(step) for step in self._steps), default=0)
        for fewer in range(1, most):
            if self._breaks_it([_with_at_most(step, fewer) for step in self._steps]):
                return

    def _breaks_it(self, steps: Sequence[Step]) -> bool:
        """Whether this breaks the clause, too, and no later; if so, it is the best from now on."""
        trace = self._best.trace
        if trace is None or monotonic() > self._end_s:
            return False
        self._context.on_step()
        driver = self._context.new_driver(trace.setup, look_twice=True)
        try:
            _perform(driver, steps)
        except Exception:  # noqa: BLE001 - what is left need not be a program that can be run
            return False
        finally:
            driver.close()
        shorter = self._context.checker.violation_of(self._best.clause, driver.events)
        if shorter is None or shorter.decided_by > self._best.decided_by:
            return False
        self._best = replace(shorter, trace=driver.trace, seed=self._best.seed)
        return True


def _perform(driver: Driver, steps: Sequence[Step]) -> None:
    """Do it again, as far as it still can be done."""
    numbers: dict[int, int] = {}  # that a call has, by the one that it had when more came before it

    def number_of(call: int) -> int:
        return numbers.get(call, NO_CALL)

    for step in steps:
        operations = [renumbered(operation, number_of) for operation in step.burst.operations]
        left = tuple(operation for operation in operations if _can_be_done(driver, operation))
        first = driver.next_call
        if left:
            driver.run(replace(step.burst, operations=left))
        for made, call in enumerate(range(first, driver.next_call)):
            numbers[step.first_call + made] = call


def _can_be_done(driver: Driver, operation: Operation) -> bool:
    if isinstance(operation, Release) and operation.acquire in driver.released:
        return "A" not in driver.retired  # once more, as the program had it
    if isinstance(operation, Cancelled | ReleaseInside):
        return _can_be_done(driver, operation.operation)
    return possible(driver, operation)


def _builds(step: Step) -> bool:
    return any(isinstance(operation, Build) for operation in step.burst.operations)


def _most(step: Step) -> int:
    return max(
        (each.config.max_connections for each in step.burst.operations if isinstance(each, Build)),
        default=0,
    )


def _with_at_most(step: Step, connections: int) -> Step:
    operations = tuple(
        replace(each, config=replace(each.config, max_connections=connections))
        if isinstance(each, Build)
        else each
        for each in step.burst.operations
    )
    return replace(step, burst=replace(step.burst, operations=operations))
