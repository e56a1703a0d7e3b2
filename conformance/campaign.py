"""The campaign: how many programs are drawn, and how a broken clause gets its shortest story.

Each theme has runs of its own, so that none is left to chance. A run draws programs until one breaks
a clause that has no conviction yet; Hypothesis then makes that program shorter for as long as the
budget allows. The clause is closed and the theme gets another run, from the next seed, until a whole
run breaks nothing new. What a run draws does not depend on what others found, so the seed of a
conviction draws the same program again when only that clause is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import Flaky, HypothesisException
from hypothesis.stateful import run_state_machine_as_test

from .court import ClauseBroken, Court, LongEnough
from .machine import PoolMachine
from .program import SLOW_THEMES, Theme


@dataclass(frozen=True, slots=True)
class Budget:
    """How thorough a check is."""

    programs: int
    """How many programs a run draws, for each theme."""
    steps: int
    """How many operations a program draws at most."""
    shorten_s: float
    """How long the story of one broken clause may be worked on."""
    limit_s: float
    """When the check is to end, however many programs have run: a pool that hangs in every one of
    them would take for ever."""


BUDGETS = {
    "quick": Budget(programs=15, steps=8, shorten_s=0.6, limit_s=30),
    "standard": Budget(programs=60, steps=12, shorten_s=2.0, limit_s=90),
    "thorough": Budget(programs=500, steps=24, shorten_s=10.0, limit_s=1800),
}


def run_campaign(court: Court, themes: Sequence[Theme], budget: Budget, first_seed: int) -> None:
    """Draw programs and let the court judge them until nothing new is found, or time is up."""
    for theme in themes:
        run_seed = first_seed
        while not court.time_is_up and not _finds_nothing(court, theme, budget, run_seed):
            run_seed += 1
            if court.sought is not None:
                court.closed.add(court.sought)


def _finds_nothing(court: Court, theme: Theme, budget: Budget, run_seed: int) -> bool:
    class DrawnMachine(PoolMachine):
        def __init__(self) -> None:
            super().__init__(court, theme)

    programs = budget.programs // 3 if theme in SLOW_THEMES else budget.programs
    court.begin(run_seed, budget.shorten_s)
    try:
        run_state_machine_as_test(
            seed(run_seed)(DrawnMachine),
            settings=settings(
                max_examples=programs,
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
        return False
    except LongEnough:
        return court.sought is None
    except (Flaky, HypothesisException):
        # The court has its own record of the history, which is no less true for not coming again.
        if court.sought is None:
            raise
        return False
    return True
