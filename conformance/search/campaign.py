"""The campaign: how many programs are drawn, and how a broken clause gets its shortest history.

Each workload has runs of its own, so that none is left to chance. A run draws programs until one breaks
a clause that has no violation yet; Hypothesis then makes that program shorter for as long as the
budget allows. The clause is closed and the workload gets another run, from the next seed, until a whole
run breaks nothing new. What a run draws does not depend on what others found, so the seed of a
violation draws the same program again when only that clause is asked for.
"""

from collections.abc import Sequence
from itertools import count
from time import monotonic
from typing import cast

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import Flaky, HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from ..workloads.context import CheckContext
from ..workloads.drawn_run import ClauseBroken, DrawnRun, LongEnough
from ..workloads.workload import Workload
from .budget import Budget

LEAST_RUN_S = 0.5
"""How many seconds a run gets in any case, while there is any time at all."""

UNSTEADY_AT_MOST = 5
"""How many runs of a workload may be unsteady. All are, where a pool's outcome depends on the moment;
their histories have been judged like any others."""


def run_campaign(
    context: CheckContext,
    workloads: Sequence[Workload],
    budget: Budget,
    first_seed: int,
    reserve_s: float = 0.0,
) -> None:
    """Draw programs and let the checker judge them until nothing new is found, or time is up but for
    `reserve_s`.

    Raises what kept a program from being run, such as CannotBuild and ServerGone.
    """
    time = context.time
    workloads = [workload for workload in workloads if workload.program is not None]
    for place, workload in enumerate(workloads):
        unsteady = 0
        # So that the last workload has its turn on a busy machine, too.
        end_s = monotonic() + max(0.0, time.left_s - reserve_s) / (len(workloads) - place)
        for seed_of_run in count(first_seed):
            if context.checker.is_done:
                return
            run_s = min(budget.run_s, max(end_s - monotonic(), LEAST_RUN_S))
            drawn = DrawnRun(context, seed_of_run, run_s, budget.shorten_s)
            is_steady = _run(drawn, workload, budget)
            if drawn.fault is not None:
                raise drawn.fault
            if drawn.sought is not None:
                context.checker.close(drawn.sought)
            unsteady += not is_steady
            if unsteady == UNSTEADY_AT_MOST:
                time.cut_short()
                break
            if (is_steady and drawn.sought is None) or time.is_up:
                break


def _run(drawn: DrawnRun, workload: Workload, budget: Budget) -> bool:
    """Draw the programs of a run. Returns False if Hypothesis saw a program take another course than
    before, and drew no further.
    """

    def new_program() -> RuleBasedStateMachine:
        if workload.program is None:
            raise AssertionError("nothing is drawn for this workload")
        return workload.program(drawn, workload)

    try:
        run_state_machine_as_test(
            # Hypothesis takes any callable, but says that it takes a class.
            cast("type[RuleBasedStateMachine]", seed(drawn.seed)(new_program)),
            settings=settings(
                max_examples=max(1, budget.programs // workload.share),
                stateful_step_count=budget.steps,
                deadline=None,
                database=None,
                derandomize=False,
                phases=(Phase.generate, Phase.shrink),
                verbosity=Verbosity.quiet,
                report_multiple_bugs=False,
                print_blob=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
    except ClauseBroken:
        return True
    except (LongEnough, Flaky, HypothesisException):
        # A run that is stopped looks unsteady to Hypothesis, too. Whatever broke a clause, the checker
        # has its own record of it, which is no less true for not coming again.
        return drawn.sought is not None or drawn.was_stopped
    return True
