"""
Which thread runs when, as plain numbers, and what choices there were. Nothing here runs anything.

The simplest schedule, `Schedule()`, runs every thread until it blocks, in the order in which they
were started; whatever shrinks towards short tuples of small numbers shrinks towards it.
"""

import sys
from dataclasses import dataclass

ALL_POINTS = sys.maxsize
"""As the last gap: nothing is pre-empted any more, but the points still to come are noted."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Any numbers make a schedule: picks are taken modulo what there is, and missing ones are 0."""

    picks: tuple[int, ...] = ()
    """
    For every point at which more than one thread can run: which one does, counted from 0 in the
    order in which they were started. Once they are used up: 0.
    """
    preemptions: tuple[int, ...] = ()
    """
    Gaps: so many pre-emption points are passed, and at the next one the running thread has to stop
    for another that can run, if there is one; then the next gap counts. Once they are used up: no more.
    """


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
