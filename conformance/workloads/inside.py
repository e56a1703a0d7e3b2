"""Connections that are released in the middle of another call, by the same thread."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poolproof.spec import Capability
from poolproof.spec.model.conditions import Condition

from ..programs.operations import Acquire, Release, ReleaseInside
from .crowd import MOST_WAITING, CrowdedProgram
from .durations import CROWD_S
from .program import ANY
from .scenario import ASK, Scenario, give, staged
from .workload import Workload


class ReleasingInside(CrowdedProgram):
    """Callers who act at once, and calls in which the same thread releases a connection."""

    def _begin(self) -> None:
        self._show_that_waiters_are_served()
        super()._begin()

    @precondition(lambda self: self._held("A"))
    @rule(which=ANY, point=st.integers(min_value=1, max_value=24), acquiring=st.booleans())
    def release_inside(self, which: int, point: int, acquiring: bool) -> None:
        """Release in the middle of another call."""
        held = self._held("A")
        if not held:
            return
        release = Release(held.pop(which % len(held)), "A")
        if acquiring and len(self._driving.waiting) < MOST_WAITING:
            self._run(ReleaseInside(Acquire("A"), point, release))
        elif held:
            self._run(ReleaseInside(Release(held[0], "A"), point, release))

    def _come_to_the_point(self) -> None:
        self.exhaust("A")
        for point in (1, 2, 3, 5, 8):
            self.release_inside(0, point, True)
            self.exhaust("A")


def released_inside(point: int) -> tuple[Scenario, ...]:
    """Scenarios in which a connection is released at this point of another call, by the same thread."""
    return (
        staged(
            "a release inside an acquire that opens a connection",
            2,
            (ReleaseInside(ASK, point, give(1)),),
            holding=1,
            shown=True,
        ),
        staged(
            "a release inside an acquire that finds an idle connection",
            2,
            (ReleaseInside(ASK, point, give(5)),),
            holding=1,
            shown=True,
            idle=2,
        ),
        staged(
            "a release inside an acquire that finds all in use",
            1,
            (ReleaseInside(ASK, point, give(1)),),
            holding=1,
            shown=True,
        ),
        staged(
            "a release inside a release",
            2,
            (ReleaseInside(give(1), point, give(2)),),
            holding=2,
            shown=True,
        ),
        staged(
            "a release inside a release that serves a waiter",
            2,
            (ReleaseInside(give(1), point, give(2)),),
            holding=2,
            shown=True,
            waiting=1,
        ),
    )


INSIDE = Workload(
    about="connections released in the middle of another call",
    program=ReleasingInside,
    needs=frozenset({Capability.THREADS}),
    brings=frozenset({Condition.RELEASED_INSIDE, Condition.SECOND_RELEASE}),
    timeout_s=CROWD_S,
    quiescent_only=True,
)
