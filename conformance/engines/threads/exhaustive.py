"""
All schedules of a small scenario, with at most so many pre-emptions, each exactly once.

A schedule is a list of deviations from the simplest one, in the order in which they happen: at this
choice not the first thread, at this point a pre-emption. A run shows what choices and points follow
its last deviation; each of them, as one deviation more, is another schedule. It is not a proof: what
happens between two points, or takes more pre-emptions, is not seen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...programs.schedule import Schedule
from .course import ALL_POINTS, Course


class NotRepeatable(Exception):
    """One schedule led to two courses: something other than the schedule decides, too."""


@dataclass(frozen=True, slots=True)
class _Branch:
    """A schedule, and from which choice and which point on it can be deviated from."""

    picks: tuple[int, ...]
    preempted: tuple[int, ...]
    """The points at which, counted from 0."""
    first_choice: int
    first_point: int

    def schedule(self, preemptions: int) -> Schedule:
        gaps, last = [], -1
        for point in self.preempted:
            gaps.append(point - last - 1)
            last = point
        if len(gaps) < preemptions:
            gaps.append(ALL_POINTS)
        return Schedule(self.picks, tuple(gaps))


def each_schedule(
    run_one: Callable[[Schedule], Course], preemptions: int = 2
) -> Iterator[Schedule]:
    """
    Call `run_one` with every schedule, and yield each once it has been run.

    `run_one` sets up the scenario anew each time, and returns the course. What it raises is let
    through; so is NotRepeatable.
    """
    waiting = [_Branch((), (), 0, 0)]
    while waiting:
        branch = waiting.pop()
        schedule = branch.schedule(preemptions)
        course = run_one(schedule)
        waiting += _branches(branch, course, may_preempt=len(branch.preempted) < preemptions)
        yield schedule


def _branches(branch: _Branch, course: Course, *, may_preempt: bool) -> Iterator[_Branch]:
    picked = tuple(choice.picked for choice in course.choices)
    asked = branch.picks + (0,) * (branch.first_choice - len(branch.picks))
    if picked[: branch.first_choice] != asked:
        raise NotRepeatable(
            f"the schedule {branch.schedule(0)} led to the picks {picked[: branch.first_choice]}: "
            "look for sets that are iterated over, for random numbers and for real input and output"
        )
    for number in range(branch.first_choice, len(course.choices)):
        choice = course.choices[number]
        for other in range(1, choice.runnable):
            yield _Branch((*picked[:number], other), branch.preempted, number + 1, choice.points)
    if not may_preempt:
        return
    for point in course.preemptible:
        if point >= branch.first_point:
            before = sum(1 for choice in course.choices if choice.points <= point)
            yield _Branch(picked[:before], (*branch.preempted, point), before, point + 1)
