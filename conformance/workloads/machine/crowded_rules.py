"""The rules for callers who act at once, and how such programs end.

A caller may come while others wait, be cancelled at any point, be kept waiting by the server, or
release in the middle of another call.
"""

from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ...programs.fault_kinds import MEANS, SIGNALS
from ...programs.operations import (
    Acquire,
    Cancel,
    Cancelled,
    Elapse,
    HoldConnects,
    InterruptCommand,
    LetConnect,
    Limited,
    Operation,
    Pass,
    Release,
    ReleaseInside,
)
from ...programs.schedule import Cancellation, Schedule
from ..themes import CANCELLING, CROWD_S, CROWDED, Theme
from .program_under_way import ANY, pick
from .sequential_rules import SequentialRules

MOST_WAITING = 3
"""How many callers of a crowd may wait at once."""

GAPS = st.integers(min_value=0, max_value=7).flatmap(lambda power: st.integers(0, 2**power))
"""How long a thread goes on before it is pre-empted: short and long ones alike."""

SCHEDULES = st.builds(
    Schedule,
    picks=st.lists(st.integers(min_value=0, max_value=3), max_size=6).map(tuple),
    preemptions=st.lists(GAPS, max_size=2).map(tuple),
)
"""The shortest is: everybody in turn, each until it has to wait."""

CROWD = st.lists(st.sampled_from((Acquire, Release, Elapse, Acquire)), min_size=1, max_size=3)


class CrowdedRules(SequentialRules):
    """Callers who act at once, are cancelled, or are kept waiting by the server."""

    @precondition(lambda self: self._theme in CROWDED)
    @rule(kinds=CROWD, which=ANY, schedule=SCHEDULES)
    def burst(
        self, kinds: list[type[Acquire | Release | Elapse]], which: int, schedule: Schedule
    ) -> None:
        """Several callers at once: some come, some release, and for some the time is up."""
        if "A" in self._driving.retired:
            return
        held, waiting = self._held("A"), self._waiting()
        operations: list[Operation] = []
        for kind in kinds:
            if kind is Acquire and waiting < MOST_WAITING and self._may_wait():
                operations.append(Acquire("A"))
                waiting += 1
            elif kind is Release and held:
                operations.append(Release(held.pop(which % len(held)), "A"))
            elif kind is Elapse and self._may_elapse() and Elapse() not in operations:
                operations.append(Elapse())
        if operations:
            self._run(*operations, schedule=schedule)

    @precondition(lambda self: self._theme is Theme.CROWD and self._waiting())
    @rule(seconds=st.sampled_from((CROWD_S / 4, CROWD_S / 2)))
    def pass_time(self, seconds: float) -> None:
        """Let some of the time pass that callers wait, so that those who come now wait longer."""
        self._run(Pass(seconds))

    @precondition(lambda self: self._theme in CANCELLING)
    @rule(which=ANY, suspension=st.integers(min_value=1, max_value=12), late=st.booleans())
    def cancel(self, which: int, suspension: int, late: bool) -> None:
        """Cancel a caller at the point that the theme is about."""
        if "A" in self._driving.retired:
            return
        at = Cancellation(suspension, late)
        match self._theme:
            case Theme.CANCEL_WAITING:
                self._cancel_a_waiter(which)
            case Theme.CANCEL_SERVED:
                self._cancel_a_waiter_when_served(which, at)
            case Theme.CANCEL_CONNECTING:
                self._cancel_a_connect(at)
            case _:
                self._cancel_a_release(which, at)

    @precondition(lambda self: self._theme is Theme.INTERRUPTED)
    @rule(which=ANY)
    def interrupt_a_command(self, which: int) -> None:
        """Interrupt a command on the only connection that is not in use, which is open already."""
        if "A" in self._driving.retired or self._driving.waiting:
            return
        self.exhaust("A")
        for acquire in self._held("A")[:1]:
            self._run(Release(acquire, "A"))
            by = MEANS[which % len(MEANS)] if self._asyncio else SIGNALS[which % len(SIGNALS)]
            self._run(InterruptCommand("A", by))

    @precondition(lambda self: self._theme is Theme.SLOW_CONNECTS)
    @rule()
    def hold_connects(self) -> None:
        """Have the server keep everybody waiting who connects."""
        self._run(HoldConnects())

    @precondition(lambda self: self._theme is Theme.SLOW_CONNECTS)
    @rule()
    def let_connect(self) -> None:
        """Have the server admit everybody again."""
        self._run(LetConnect())

    @precondition(lambda self: self._theme is Theme.INSIDE and self._held("A"))
    @rule(which=ANY, point=st.integers(min_value=1, max_value=24), acquiring=st.booleans())
    def release_inside(self, which: int, point: int, acquiring: bool) -> None:
        """Release in the middle of another call."""
        held = self._held("A")
        if not held:
            return
        release = Release(held.pop(which % len(held)), "A")
        if acquiring and self._waiting() < MOST_WAITING:
            self._run(ReleaseInside(Acquire("A"), point, release))
        elif held:
            self._run(ReleaseInside(Release(held[0], "A"), point, release))

    def _come_to_the_point(self) -> None:
        match self._theme:
            case Theme.CROWD:
                self._a_newcomer_meets_a_waiter()
            case cancelling if cancelling in CANCELLING:
                self._a_caller_is_cancelled()
            case Theme.INTERRUPTED:
                for which in range(len(MEANS if self._asyncio else SIGNALS)):
                    self.interrupt_a_command(which)
            case Theme.SLOW_CONNECTS:
                self._somebody_is_kept_waiting()
            case Theme.INSIDE:
                self.exhaust("A")
                for point in (1, 2, 3, 5, 8):
                    self.release_inside(0, point, True)
                    self.exhaust("A")
            case _:
                super()._come_to_the_point()

    def _a_newcomer_meets_a_waiter(self) -> None:
        self._everybody_is_served()
        self.exhaust("A")
        self.burst([Acquire], 0, Schedule())
        self.pass_time(CROWD_S / 4)
        self.burst([Release, Acquire], 0, Schedule(picks=(1, 1)))
        self.burst([Release, Elapse], 0, Schedule())

    def _a_caller_is_cancelled(self) -> None:
        self._everybody_is_served()
        if self._theme in (Theme.CANCEL_WAITING, Theme.CANCEL_SERVED):
            self.exhaust("A")
            self.burst([Acquire, Acquire], 0, Schedule())
        elif self._theme is Theme.CANCEL_RELEASING:
            self.exhaust("A")
            self.cancel(0, 3, False)
        self.cancel(0, 1, False)

    def _somebody_is_kept_waiting(self) -> None:
        self.let_connect()
        self._everybody_is_served()
        self.acquire("A")
        self.hold_connects()
        self.burst([Acquire], 0, Schedule())
        self.burst([Release], 0, Schedule())
        self.burst([Acquire], 0, Schedule())
        self.let_connect()

    def _cancel_a_waiter(self, which: int) -> None:
        if self._driving.waiting:
            self._run(Cancel(pick([*self._driving.waiting], which)))

    def _cancel_a_waiter_when_served(self, which: int, at: Cancellation) -> None:
        """Together with a release; or it will be, when it is served."""
        waiting, held = [*self._driving.waiting], self._held("A")
        if waiting and held and not at.late:
            self._run(Release(pick(held, which), "A"), Cancel(waiting[0]))
        elif self._driving.free("A") <= 0 and len(waiting) < MOST_WAITING and self._may_wait():
            self._run(Cancelled(Acquire("A"), Cancellation(at.at_suspension, late=True)))

    def _cancel_a_connect(self, at: Cancellation) -> None:
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

    def _cancel_a_release(self, which: int, at: Cancellation) -> None:
        """Half of the releases are made by callers that are being cancelled already."""
        if self._held("A"):
            release = Release(pick(self._held("A"), which), "A")
            now = at.at_suspension <= 2
            self._run(Cancelled(release, Cancellation(0, late=False) if now else at))

    def _show_that_waiters_are_served(self) -> None:
        """In the other pool: so that what goes wrong later can be told from what goes wrong anyway."""
        self.exhaust("B")
        if self._held("B") and self._may_wait("B"):
            self._run(Acquire("B"))
            self._run(Release(self._held("B")[0], "B"))
        self._release_all("B")

    def _everybody_is_served(self) -> None:
        """Release until nobody waits any more."""
        while self._driving.waiting and self._held("A"):
            self._run(Release(self._held("A")[0], "A"))

    def _may_elapse(self) -> bool:
        """Whether time may pass: not when a connect would fail, nor where others give up."""
        return self._theme is Theme.CROWD
