"""The rules for a server that cannot be reached for a while, and how such programs end.

Either whoever connects is turned away, and open connections stay; or these are cut, too. Callers come,
fail, and release what has broken, before, during and after it.
"""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ...programs.fault_kinds import REFUSALS, CutByNetwork, Refusal
from ...programs.operations import (
    Acquire,
    BeginOutage,
    Elapse,
    EndOutage,
    HoldConnects,
    LetConnect,
    Release,
    Use,
)
from ..themes import OUTAGES, Theme
from .breakage_rules import BreakageRules
from .program_under_way import ANY, pick

CUTS: tuple[CutByNetwork, ...] = ("reset", "hung up", "half-closed")

MOST_IN_VAIN = 6
"""How many acquires in a row may be made while nobody can connect: more than a pool has slots."""


class OutageRules(BreakageRules):
    """Outages, and callers who meet them."""

    _refusal: Refusal = "refused"
    """How the server has turned callers away in this program; it does so in the same way at its end."""
    _cut: CutByNetwork = "reset"
    """How connections have ended in its outages."""

    @precondition(lambda self: self._theme in OUTAGES)
    @rule(refusal=st.sampled_from(REFUSALS), cut=st.sampled_from(CUTS))
    def begin_outage(self, refusal: Refusal, cut: CutByNetwork) -> None:
        """Have nobody reach the server."""
        self._refusal, self._cut = refusal, cut
        self._begin_outage()

    @precondition(lambda self: self._theme in OUTAGES and self._driving.in_outage)
    @rule()
    def end_outage(self) -> None:
        """Have the server reached again."""
        self._run(EndOutage())

    @precondition(lambda self: self._theme in OUTAGES and self._driving.in_outage)
    @rule(times=st.integers(min_value=1, max_value=MOST_IN_VAIN))
    def acquire_in_vain(self, times: int) -> None:
        """Ask, one caller after another, for a connection that may not be to be had."""
        for _ in range(times):
            if self._driving.free("A") > 0:
                self.acquire("A")

    @precondition(lambda self: self._theme is Theme.OUTAGE and self._held())
    @rule(which=ANY)
    def use_and_release(self, which: int) -> None:
        """Send a command on a connection, which may be broken, and release it."""
        acquire = pick(self._held(), which)
        pool = self._driving.holding[acquire].pool
        self._run(Use(acquire))
        if acquire in self._held(pool):
            self._run(Release(acquire, pool))

    @precondition(lambda self: self._theme is Theme.REFUSED)
    @rule(refusal=st.sampled_from(REFUSALS))
    def refuse_who_connects(self, refusal: Refusal) -> None:
        """Have all callers refused who are connecting, while another waits for the slot of one."""
        self._refusal = refusal
        if "A" in self._driving.retired or self._driving.waiting or self._driving.in_outage:
            return
        self._run(HoldConnects())
        for _ in range(self._driving.free("A")):
            self._run(Acquire("A"))
        if self._driving.waiting and self._may_wait_behind():
            self._run(Acquire("A"))
        self._begin_outage()
        self._run(LetConnect())
        self.end_outage()

    def _begin_outage(self) -> None:
        self._run(BeginOutage(self._cut if self._theme is Theme.OUTAGE else self._refusal))

    def _come_to_the_point(self) -> None:
        match self._theme:
            case Theme.REFUSED:
                self._everybody_is_served()
                self.refuse_who_connects(self._refusal)
                self._begin_outage()
                self.acquire_in_vain(self._driving.free("A") + 1)
            case Theme.OUTAGE:
                self._everybody_is_served()
                if self._driving.in_outage:
                    self.end_outage()
                self.exhaust("A")
                self._a_caller_or_two_wait()
                self._begin_outage()
                self._everybody_is_served()
                self._release_all("A")
                self.acquire_in_vain(self._driving.free("A") + 1)
            case _:
                super()._come_to_the_point()

    def _show_who_waits_in_vain(self) -> None:
        """In the other pool: so that it is known what the error of an exhausted pool is."""
        self.exhaust("B")
        if self._held("B") and self._may_wait("B"):
            self._run(Acquire("B"))
            self._run(Elapse())
        self._release_all("B")

    def _a_caller_or_two_wait(self) -> None:
        for _ in range(2):
            if self._driving.free("A") <= 0 and self._may_wait_behind():
                self._run(Acquire("A"))

    def _may_wait_behind(self) -> bool:
        """Whether a caller may join those who wait, in a pool that lets callers wait."""
        return "A" not in self._driving.retired and "timeout" in self._context.settings.takes
