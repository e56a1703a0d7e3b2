"""Who goes on when there is a choice, and when a task is cancelled, as plain numbers.

The simplest schedule, `Schedule()`, runs every thread until it blocks, in the order in which they
were started; whatever shrinks towards short tuples of small numbers shrinks towards it.
"""

from dataclasses import dataclass


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
class Cancellation:
    """When a task is to be cancelled."""

    at_suspension: int
    """The first is 1."""
    late: bool
    """Whether in the gap between the completion of what it waits for and the moment it goes on."""

    def __str__(self) -> str:
        when = "just before it goes on from" if self.late else "at"
        return f"cancelled {when} suspension {self.at_suspension}"
