"""Callers who are cancelled, each workload at a point of its own, so that the blame is clear."""

from abc import abstractmethod
from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import rule

from poolproof.spec import Capability
from poolproof.spec.model.conditions import Condition

from ..programs.operations import (
    Acquire,
    Cancel,
    Cancelled,
    Elapse,
    HoldConnects,
    InterruptConnect,
    LetConnect,
    Limited,
    Release,
)
from ..programs.schedule import Cancellation, Schedule
from .crowd import MOST_WAITING, CrowdedProgram
from .durations import CROWD_S
from .program import ANY, pick
from .scenario import ASK, Scenario, give, staged
from .workload import Workload


class Cancelling(CrowdedProgram):
    """Callers who act at once, and such as are cancelled."""

    def _begin(self) -> None:
        self._show_that_waiters_are_served()
        super()._begin()

    @rule(which=ANY, suspension=st.integers(min_value=1, max_value=12), late=st.booleans())
    def cancel(self, which: int, suspension: int, late: bool) -> None:
        """Cancel a caller at the point that the workload is about."""
        if "A" not in self._driving.retired:
            self._cancel(which, Cancellation(suspension, late))

    def _come_to_the_point(self) -> None:
        self._everybody_is_served()
        self._come_to_be_cancelled()
        self.cancel(0, 1, False)

    @abstractmethod
    def _cancel(self, which: int, at: Cancellation) -> None:
        """Cancel a caller there, if there is one."""

    def _come_to_be_cancelled(self) -> None:
        """See to it that there is somebody to cancel."""

    def _two_wait(self) -> None:
        self.exhaust("A")
        self.burst([Acquire, Acquire], 0, Schedule())


class CancellingWaiters(Cancelling):
    """Callers who are cancelled while they wait."""

    def _cancel(self, which: int, _at: Cancellation) -> None:
        if self._driving.waiting:
            self._run(Cancel(pick([*self._driving.waiting], which)))

    def _come_to_be_cancelled(self) -> None:
        self._two_wait()


class CancellingTheServed(Cancelling):
    """Callers who are cancelled when a connection has been released for them."""

    def _cancel(self, which: int, at: Cancellation) -> None:
        """Together with a release; or it will be, when it is served."""
        waiting, held = [*self._driving.waiting], self._held("A")
        if waiting and held and not at.late:
            self._run(Release(pick(held, which), "A"), Cancel(waiting[0]))
        elif self._driving.free("A") <= 0 and len(waiting) < MOST_WAITING and self._may_wait():
            self._run(Cancelled(Acquire("A"), Cancellation(at.at_suspension, late=True)))

    def _come_to_be_cancelled(self) -> None:
        self._two_wait()


class CancellingConnects(Cancelling):
    """Callers who are cancelled while they connect."""

    def _begin(self) -> None:
        self._show_that_waiters_are_served()

    def _cancel(self, _which: int, at: Cancellation) -> None:
        """While the server keeps it waiting, or at any suspension of it, or after some time."""
        if self._driving.free("A") <= 0 or self._driving.waiting:
            return
        if self._asyncio and at.at_suspension > 2:
            self._run(Cancelled(Acquire("A"), Cancellation(at.at_suspension - 2, at.late)))
            return
        self._run(HoldConnects())
        if self._asyncio and at.at_suspension == 2:
            by: Literal["wait_for", "timeout"] = "wait_for" if at.late else "timeout"
            self._run(Limited(Acquire("A"), by, CROWD_S / 2))
            self._run(Elapse())
        else:
            self._run(Acquire("A"))
            for call in [*self._driving.waiting]:
                self._run(Cancel(call))
        self._run(LetConnect())


class CancellingReleases(Cancelling):
    """Callers who are cancelled while they release."""

    def _cancel(self, which: int, at: Cancellation) -> None:
        """Half of the releases are made by callers that are being cancelled already."""
        if self._held("A"):
            release = Release(pick(self._held("A"), which), "A")
            now = at.at_suspension <= 2
            self._run(Cancelled(release, Cancellation(0, late=False) if now else at))

    def _come_to_be_cancelled(self) -> None:
        self.exhaust("A")
        self.cancel(0, 3, False)


MOST_READS = 6
"""In how many reads of an acquire its thread is interrupted. Most pools make no more."""

INTERRUPTED_CALLERS = (
    staged("interrupted while it waits", 1, (Cancel(2),), holding=1, waiting=2, shown=True),
    staged("interrupted while it waits alone", 1, (Cancel(2),), holding=1, waiting=1, shown=True),
    staged(
        "interrupted while it connects",
        1,
        (HoldConnects(),),
        shown=True,
        after=(ASK, Cancel(1), LetConnect()),
    ),
    *(
        staged(
            "interrupted while it makes ready what it has opened",
            1,
            (InterruptConnect("A", after_reads),),
            shown=True,
            after=(ASK,),
        )
        for after_reads in range(MOST_READS)
    ),
)
"""Threads that are interrupted where they stand."""


def cancelled_at(at: Cancellation) -> tuple[Scenario, ...]:
    """Scenarios in which one caller is cancelled at this point."""
    asked, given = Cancelled(ASK, at), Cancelled(give(1), at)
    return (
        staged("cancelled while it opens a connection", 1, (asked,), shown=True),
        staged("cancelled while it takes an idle connection", 1, (asked,), idle=1, shown=True),
        staged(
            "cancelled while it waits, or when it is served",
            1,
            (asked,),
            holding=1,
            shown=True,
            after=(ASK, give(1), ASK),
        ),
        staged("cancelled while it releases", 1, (given,), holding=1, shown=True),
        staged("cancelled while it serves a waiter", 1, (given,), holding=1, waiting=1, shown=True),
    )


CANCEL_WAITING = Workload(
    about="callers that are cancelled while they wait",
    program=CancellingWaiters,
    brings=frozenset({Condition.CANCELLED_WAITING}),
    timeout_s=CROWD_S,
    quiescent_only=True,
)
CANCEL_CONNECTING = Workload(
    about="callers that are cancelled while they connect",
    program=CancellingConnects,
    brings=frozenset({Condition.CANCELLED_CONNECTING}),
    timeout_s=CROWD_S,
    quiescent_only=True,
)
CANCEL_SERVED = Workload(
    about="callers that are cancelled when a connection has been released for them",
    program=CancellingTheServed,
    needs=frozenset({Capability.ASYNCIO}),
    brings=frozenset({Condition.CANCELLED_SERVED}),
    timeout_s=CROWD_S,
    quiescent_only=True,
)
CANCEL_RELEASING = Workload(
    about="callers that are cancelled while they release",
    program=CancellingReleases,
    needs=frozenset({Capability.ASYNCIO}),
    brings=frozenset({Condition.CANCELLED_RELEASING}),
    timeout_s=CROWD_S,
    quiescent_only=True,
)
