"""What choices there were in a run under a schedule. Nothing here runs anything."""

import sys
from dataclasses import dataclass

ALL_POINTS = sys.maxsize
"""As the last gap: nothing is pre-empted any more, but the points still to come are noted."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A point at which more than one thread could run."""

    runnable: int
    """How many."""
    picked: int
    """Which one did, from 0 to `runnable - 1`."""
    points: int
    """How many pre-emption points had been passed before."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a run under a schedule went: the same again under the same schedule."""

    choices: tuple[Choice, ...] = ()
    """In order. `tuple(choice.picked for choice in choices)` as picks gives the same course."""
    points: int = 0
    """
    How many pre-emption points were passed, as far as they were counted. They need not be when
    nothing is to happen at one; a last gap of ALL_POINTS makes sure of it.
    """
    preemptible: tuple[int, ...] = ()
    """With a last gap of ALL_POINTS: the points from then on, counted from 0, at which another thread
    could have run."""
