"""Callers who act at once: some come, some release, and for some the time is up."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ..programs.operations import (
    Acquire,
    Elapse,
    HoldConnects,
    LetConnect,
    Operation,
    Pass,
    Release,
)
from ..programs.schedule import Schedule
from .durations import CROWD_S
from .program import ANY, Program
from .scenario import ASK, give, staged
from .workload import Workload

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

KINDS = st.lists(st.sampled_from((Acquire, Release, Elapse, Acquire)), min_size=1, max_size=3)


class CrowdedProgram(Program):
    """Callers who act at once."""

    _may_elapse = False
    """Whether time may pass: not where a connect would fail, nor where others give up."""

    def _begin(self) -> None:
        if self._prepares:
            self.exhaust("A")
            self.release_all("A")

    @rule(kinds=KINDS, which=ANY, schedule=SCHEDULES)
    def burst(
        self, kinds: list[type[Acquire | Release | Elapse]], which: int, schedule: Schedule
    ) -> None:
        """Several callers at once: some come, some release, and for some the time is up."""
        if "A" in self._driving.retired:
            return
        held, waiting = self._held("A"), len(self._driving.waiting)
        operations: list[Operation] = []
        for kind in kinds:
            if kind is Acquire and waiting < MOST_WAITING and self._may_wait():
                operations.append(Acquire("A"))
                waiting += 1
            elif kind is Release and held:
                operations.append(Release(held.pop(which % len(held)), "A"))
            elif kind is Elapse and self._may_elapse and Elapse() not in operations:
                operations.append(Elapse())
        if operations:
            self._run(*operations, schedule=schedule)


class Meeting(CrowdedProgram):
    """Callers who act at once and wait until their time is over."""

    _may_elapse = True

    @precondition(lambda self: self._driving.waiting)
    @rule(seconds=st.sampled_from((CROWD_S / 4, CROWD_S / 2)))
    def pass_time(self, seconds: float) -> None:
        """Let some of the time pass that callers wait, so that those who come now wait longer."""
        self._run(Pass(seconds))

    def _come_to_the_point(self) -> None:
        self._everybody_is_served()
        self.exhaust("A")
        self.burst([Acquire], 0, Schedule())
        self.pass_time(CROWD_S / 4)
        self.burst([Release, Acquire], 0, Schedule(picks=(1, 1)))
        self.burst([Release, Elapse], 0, Schedule())


class ConnectingSlowly(CrowdedProgram):
    """Callers whom the server keeps waiting."""

    @rule()
    def hold_connects(self) -> None:
        """Let the server keep everybody waiting who connects."""
        self._run(HoldConnects())

    @rule()
    def let_connect(self) -> None:
        """Let the server admit everybody again."""
        self._run(LetConnect())

    def _come_to_the_point(self) -> None:
        self.let_connect()
        self._everybody_is_served()
        self.acquire("A")
        self.hold_connects()
        self.burst([Acquire], 0, Schedule())
        self.burst([Release], 0, Schedule())
        self.burst([Acquire], 0, Schedule())
        self.let_connect()


MEETINGS = (
    staged("two callers, one slot", 1, (ASK, ASK)),
    staged("two callers, one idle connection", 1, (ASK, ASK), idle=1),
    staged("a caller and a release", 1, (ASK, give(1)), holding=1),
    staged("a release, one waiter and a newcomer", 1, (give(1), ASK), holding=1, waiting=1),
    staged("a release and two waiters", 1, (give(1),), holding=1, waiting=2),
    staged("a release and the end of a wait", 1, (give(3), Elapse()), idle=1, holding=1, waiting=1),
    staged(
        "a release, the end of a wait and one who came later",
        1,
        (give(1), Elapse()),
        holding=1,
        waiting=2,
        apart_s=CROWD_S / 4,
    ),
    staged(
        "a release, and one who came later and waits in vain",
        1,
        (give(1),),
        holding=1,
        waiting=2,
        apart_s=CROWD_S / 4,
        after=(Elapse(),),
    ),
    staged("two releases and two waiters", 2, (give(1), give(2)), holding=2, waiting=2),
    staged("two releases and a caller", 2, (give(1), ASK, give(2)), holding=2),
    staged("three callers, two slots", 2, (ASK, ASK, ASK)),
)
"""Callers that meet: tried under all schedules, or in all orders in which they can begin."""

CROWD = Workload(
    about="callers that come at once",
    program=Meeting,
    timeout_s=CROWD_S,
    quiescent_only=True,
    scenarios=(
        staged(
            "one who has waited in vain, and one who comes after",
            1,
            (Elapse(),),
            idle=1,
            holding=1,
            waiting=1,
            after=(ASK, give(3)),
        ),
    ),
)
SLOW_CONNECTS = Workload(
    about="a server that keeps everybody waiting who connects",
    program=ConnectingSlowly,
    timeout_s=CROWD_S,
    quiescent_only=True,
)
