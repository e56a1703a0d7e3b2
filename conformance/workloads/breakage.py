"""Connections that break, or carry what is not meant for their next holder.

Each workload has one kind of breakage, and much of it: more connections are cut than there are slots.
"""

from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poolproof.spec.model.conditions import Condition

from ..programs.fault_kinds import CUT_KINDS, CutInReply, CutKind
from ..programs.operations import (
    Acquire,
    CutHeld,
    CutIdle,
    CutReply,
    Drop,
    HoldConnects,
    InTurn,
    LeaveUnread,
    LetConnect,
    SendUnasked,
    Use,
)
from ..programs.setup import BEHIND_PROXY
from .durations import CROWD_S
from .program import ANY, Program, pick
from .scenario import ASK, give, staged
from .workload import Workload

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


class Breaking(Program):
    """Connections that break, in pools that are known to serve waiters."""

    def _begin(self) -> None:
        self._show_that_waiters_are_served()

    def _all_are_in_use_and_one_waits(self) -> None:
        self._everybody_is_served()
        self.exhaust("A")
        if self._open_to_callers("A") and self._may_wait():
            self._run(Acquire("A"))


class CuttingIdle(Breaking):
    """Connections that are cut while they are idle."""

    @rule(which=ANY, how=HOW)
    def cut_idle(self, which: int, how: CutKind) -> None:
        """Cut a connection that is idle."""
        if self._open_to_callers("A"):
            self._run(CutIdle("A", which, how))

    @rule(pairs=st.integers(min_value=1, max_value=5), how=HOW)
    def cut_between_callers(self, pairs: int, how: CutKind) -> None:
        """Cut what each caller has given back, before the next one comes."""
        for _ in range(pairs):
            self._acquire_and_release()
            self.cut_idle(-1, how)

    def _come_to_the_point(self) -> None:
        self.exhaust("A")
        self.release_all("A")
        for _, how in zip(range(self._driving.free("A")), CUT_KINDS, strict=False):
            self.cut_idle(0, how)


class CuttingHeld(Breaking):
    """Connections that are cut while they are in use."""

    @precondition(lambda self: self._held("A"))
    @rule(which=ANY, then=st.sampled_from(AFTER_CUT), how=HOW)
    def cut_held(self, which: int, then: What, how: CutKind) -> None:
        """Cut a connection that is in use; its holder may notice."""
        if not self._held("A"):
            return
        acquire = pick(self._held("A"), which)
        self._run(CutHeld(acquire, how))
        if "uses" in then:
            self._run(Use(acquire))
        if "closes" in then:
            self._run(Drop(acquire))
        if "releases" in then:
            self._release_if_held(acquire)

    @precondition(lambda self: self._held("A"))
    @rule(
        which=ANY,
        after=st.integers(min_value=0, max_value=MOST_OF_A_REPLY),
        how=st.sampled_from(("hung up", "reset")),
        closes=st.booleans(),
    )
    def cut_reply(self, which: int, after: int, how: CutInReply, closes: bool) -> None:
        """End a connection in the middle of a reply; its holder releases it."""
        if not self._held("A"):
            return
        acquire = pick(self._held("A"), which)
        self._run(CutReply(acquire, after, how))
        if closes:
            self._run(Drop(acquire))
        self._release_if_held(acquire)

    def _come_to_the_point(self) -> None:
        for then, how in zip(AFTER_CUT, CUT_KINDS, strict=True):
            self._all_are_in_use_and_one_waits()
            self.cut_held(0, then, how)
            self._everybody_is_served()
        self._all_are_in_use_and_one_waits()
        self.cut_reply(0, MOST_OF_A_REPLY, "hung up", closes=False)
        self._everybody_is_served()


class LeavingUnread(Breaking):
    """Connections that carry what nobody has read."""

    @precondition(lambda self: self._held("A"))
    @rule(which=ANY)
    def leave_unread(self, which: int) -> None:
        """Release a connection with a reply on it that nobody has read."""
        if not self._held("A"):
            return
        acquire = pick(self._held("A"), which)
        self._run(LeaveUnread(acquire))
        self._release_if_held(acquire)

    @rule(which=ANY)
    def send_unasked(self, which: int) -> None:
        """Send something on a connection that is idle."""
        if self._open_to_callers("A"):
            self._run(SendUnasked("A", which))

    def _come_to_the_point(self) -> None:
        self.exhaust("A")
        self.leave_unread(0)
        self._all_are_in_use_and_one_waits()
        self.leave_unread(0)
        self._everybody_is_served()
        self.release_all("A")
        self.send_unasked(0)
        self.exhaust("A")


OPENED_AGAIN = tuple(
    staged(
        f"a connection that was cut is opened again, and {meanwhile}",
        2,
        (HoldConnects(),),
        idle=2,
        holding=holding,
        meanwhile=(CutIdle("A", which),),
        after=(ASK, give(5) if holding else ASK, LetConnect()),
    )
    for meanwhile, holding, which in (
        ("the other one is idle", 0, 0),
        ("the one before it is idle", 0, 1),
        ("the other one is released", 1, 0),
    )
)
"""Who comes upon the connection that was cut is kept waiting; the others need nothing of the server."""

ASKED_FOR_AT_ONCE = tuple(
    staged(
        f"{what} is released, and the same caller asks at once",
        1,
        (InTurn((give(1), ASK)),),
        holding=1,
        meanwhile=broken,
        timeout_s=0.0,
    )
    for what, broken in (
        ("a connection", ()),
        ("a connection that was cut", (CutHeld(1),)),
        ("a connection of whose end its holder knows", (CutHeld(1), Use(1))),
    )
)
"""A slot is free when the release has returned, also for a caller who has no time to wait."""

CUT_IDLE = Workload(
    about="connections that are cut while they are idle",
    program=CuttingIdle,
    brings=frozenset({Condition.CUT_IDLE}),
    timeout_s=CROWD_S,
    setup=BEHIND_PROXY,
    scenarios=OPENED_AGAIN,
)
CUT_HELD = Workload(
    about="connections that are cut while they are in use",
    program=CuttingHeld,
    brings=frozenset({Condition.CUT_HELD}),
    timeout_s=CROWD_S,
    surplus_callers=2,
    setup=BEHIND_PROXY,
    scenarios=ASKED_FOR_AT_ONCE,
)
UNREAD = Workload(
    about="connections that carry what nobody has read",
    program=LeavingUnread,
    brings=frozenset({Condition.UNREAD}),
    timeout_s=CROWD_S,
    surplus_callers=2,
    setup=BEHIND_PROXY,
)
