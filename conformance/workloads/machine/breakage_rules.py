"""The rules for connections that break, or carry what is not meant for their next holder.

Each theme has one kind of breakage, and much of it: more connections are cut than there are slots.
"""

from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ...programs.fault_kinds import CUT_KINDS, CutInReply, CutKind
from ...programs.operations import (
    Acquire,
    CutHeld,
    CutIdle,
    CutReply,
    Drop,
    LeaveUnread,
    Release,
    SendUnasked,
    Use,
)
from ..themes import Theme
from .crowded_rules import CrowdedRules
from .program_under_way import ANY, pick

What = Literal["releases it", "uses and releases it", "uses, closes and releases it", "holds it"]
"""What the holder of a connection does that has been cut, or carries a reply."""

AFTER_CUT: tuple[What, ...] = (
    "releases it",
    "uses and releases it",
    "uses, closes and releases it",
    "holds it",
)


MOST_OF_A_REPLY = 12
"""How many bytes of a reply may have come when the connection ends; never all."""

HOW = st.sampled_from(CUT_KINDS)


class BreakageRules(CrowdedRules):
    """Connections that are cut, and replies that are left unread."""

    @precondition(lambda self: self._theme is Theme.CUT_IDLE)
    @rule(which=ANY, how=HOW)
    def cut_idle(self, which: int, how: CutKind) -> None:
        """Have a connection cut that is idle."""
        if self._open_to_callers("A"):
            self._run(CutIdle("A", which, how))

    @precondition(lambda self: self._theme is Theme.CUT_IDLE)
    @rule(pairs=st.integers(min_value=1, max_value=5), how=HOW)
    def cut_between_callers(self, pairs: int, how: CutKind) -> None:
        """Have cut what each caller has given back, before the next one comes."""
        for _ in range(pairs):
            before = set(self._driving.holding)
            if self._driving.free("A") > 0:
                self.acquire("A")
            for acquire in set(self._driving.holding) - before:
                self._run(Release(acquire, "A"))
            self.cut_idle(-1, how)

    @precondition(lambda self: self._theme is Theme.CUT_HELD and self._held("A"))
    @rule(which=ANY, then=st.sampled_from(AFTER_CUT), how=HOW)
    def cut_held(self, which: int, then: What, how: CutKind) -> None:
        """Have a connection cut that is in use; its holder may notice."""
        if not self._held("A"):
            return
        acquire = pick(self._held("A"), which)
        self._run(CutHeld(acquire, how))
        if "uses" in then:
            self._run(Use(acquire))
        if "closes" in then:
            self._run(Drop(acquire))
        if "releases" in then and acquire in self._held("A"):
            self._run(Release(acquire, "A"))

    @precondition(lambda self: self._theme is Theme.CUT_HELD and self._held("A"))
    @rule(
        which=ANY,
        after=st.integers(min_value=0, max_value=MOST_OF_A_REPLY),
        how=st.sampled_from(("hung up", "reset")),
        closes=st.booleans(),
    )
    def cut_reply(self, which: int, after: int, how: CutInReply, closes: bool) -> None:
        """Have a connection end in the middle of a reply; its holder releases it."""
        if not self._held("A"):
            return
        acquire = pick(self._held("A"), which)
        self._run(CutReply(acquire, after, how))
        if closes:
            self._run(Drop(acquire))
        if acquire in self._held("A"):
            self._run(Release(acquire, "A"))

    @precondition(lambda self: self._theme is Theme.UNREAD and self._held("A"))
    @rule(which=ANY)
    def leave_unread(self, which: int) -> None:
        """Release a connection with a reply on it that nobody has read."""
        if not self._held("A"):
            return
        acquire = pick(self._held("A"), which)
        self._run(LeaveUnread(acquire))
        if acquire in self._held("A"):
            self._run(Release(acquire, "A"))

    @precondition(lambda self: self._theme is Theme.UNREAD)
    @rule(which=ANY)
    def send_unasked(self, which: int) -> None:
        """Have something arrive on a connection that is idle."""
        if self._open_to_callers("A"):
            self._run(SendUnasked("A", which))

    def _come_to_the_point(self) -> None:
        match self._theme:
            case Theme.CUT_IDLE:
                self.exhaust("A")
                self._release_all("A")
                for _, how in zip(range(self._driving.free("A")), CUT_KINDS, strict=False):
                    self.cut_idle(0, how)
            case Theme.CUT_HELD:
                for then, how in zip(AFTER_CUT, CUT_KINDS, strict=True):
                    self._all_are_in_use_and_one_waits()
                    self.cut_held(0, then, how)
                    self._everybody_is_served()
                self._all_are_in_use_and_one_waits()
                self.cut_reply(0, MOST_OF_A_REPLY, "hung up", closes=False)
                self._everybody_is_served()
            case Theme.UNREAD:
                self.exhaust("A")
                self.leave_unread(0)
                self._all_are_in_use_and_one_waits()
                self.leave_unread(0)
                self._everybody_is_served()
                self._release_all("A")
                self.send_unasked(0)
                self.exhaust("A")
            case _:
                super()._come_to_the_point()

    def _all_are_in_use_and_one_waits(self) -> None:
        self._everybody_is_served()
        self.exhaust("A")
        if self._open_to_callers("A") and self._may_wait():
            self._run(Acquire("A"))
