"""Callers who wait in vain, not at all, for ever, or for as long as they say themselves."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poolproof.spec import Capability
from poolproof.spec.model.conditions import Condition

from ..programs.operations import Acquire, Elapse
from .durations import BRIEF_S, CROWD_S
from .program import Program
from .workload import Workload

MOST_WAITING = 2
"""How many callers may wait at once who say how long they will."""

OWN_S = (CROWD_S / 5, 2 * CROWD_S)
"""How long callers say that they will wait: less, and more, than the pool would have them wait."""


class WaitingInVain(Program):
    """Callers who come when all connections are in use."""

    def _come_to_the_point(self) -> None:
        self.exhaust("A")
        self._pass_one_on()
        self._surplus_callers = 1
        self.acquire("A")
        self._pass_one_on()

    def _pass_one_on(self) -> None:
        """Release one connection, and let the next caller ask for it."""
        self._release_one()
        self.acquire("A")


class NamingTimeouts(Program):
    """Callers who name a timeout."""

    @rule(seconds=st.sampled_from(OWN_S))
    def wait_within(self, seconds: float) -> None:
        """Come when all connections are in use, and say how long one will wait."""
        if "A" in self._driving.retired or len(self._driving.waiting) >= MOST_WAITING:
            return
        if self._driving.free("A") <= 0:
            self._run(Acquire("A", seconds))

    @precondition(lambda self: self._driving.waiting)
    @rule()
    def elapse(self) -> None:
        """Let the time of one who waits be over."""
        self._run(Elapse())

    def _come_to_the_point(self) -> None:
        for seconds in OWN_S:
            self._everybody_is_served()
            self.exhaust("A")
            self.wait_within(seconds)
            self._run(Elapse())


WAIT_IN_VAIN = Workload(
    about="callers that wait in vain",
    program=WaitingInVain,
    takes=frozenset({"timeout"}),
    timeout_s=BRIEF_S,
    surplus_callers=3,
    share=3,
)
NO_TIMEOUT = Workload(
    about="callers that wait for ever",
    program=Program,
    takes=frozenset({"timeout"}),
    timeout_s=None,
    surplus_callers=4,
)
ZERO_TIMEOUT = Workload(
    about="callers that do not wait",
    program=Program,
    takes=frozenset({"timeout"}),
    timeout_s=0.0,
    surplus_callers=4,
)
CALL_TIMEOUT = Workload(
    about="callers that say how long they will wait",
    program=NamingTimeouts,
    needs=frozenset({Capability.CALL_TIMEOUT}),
    brings=frozenset({Condition.OWN_TIMEOUT}),
    timeout_s=CROWD_S,
    quiescent_only=True,
)
