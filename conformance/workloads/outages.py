"""Servers that cannot be reached for a while, and connections that fail in this process.

Either whoever connects is turned away, and open connections stay; or these are cut, too. Callers come,
fail, and release what has broken, before, during and after it.
"""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poolproof.spec import Capability
from poolproof.spec.model.conditions import Condition

from ..programs.fault_kinds import FAILURES, REFUSALS, CutByNetwork, Failure, Refusal
from ..programs.operations import (
    Acquire,
    BeginFailing,
    BeginOutage,
    ClosePool,
    DisconnectPool,
    Elapse,
    EndOutage,
    HoldConnects,
    LetConnect,
    Release,
    Use,
)
from ..programs.setup import WITH_FAULTS
from .durations import PATIENT_WITH_OUTAGES_S
from .program import ANY, Program, pick
from .scenario import ASK, Scenario, give, staged
from .workload import Workload

CUTS: tuple[CutByNetwork, ...] = ("reset", "hung up", "half-closed")

MOST_IN_VAIN = 6
"""How many acquires in a row may be made while nobody can connect: more than a pool has slots."""


class Outages(Program):
    """Outages, and callers who meet them."""

    def _begin(self) -> None:
        self._show_that_waiters_are_served()

    @precondition(lambda self: self._driving.in_outage)
    @rule()
    def end_outage(self) -> None:
        """Let everybody reach the server again."""
        self._run(EndOutage())

    @precondition(lambda self: self._driving.in_outage)
    @rule(times=st.integers(min_value=1, max_value=MOST_IN_VAIN))
    def acquire_in_vain(self, times: int) -> None:
        """Ask, one caller after another, for a connection that may not be to be had."""
        for _ in range(times):
            if self._driving.free("A") > 0:
                self.acquire("A")


class TurningAway(Outages):
    """A server that refuses whoever connects, and connections that raise."""

    _refusal: Refusal = "refused"
    """How the server has turned callers away in this program; it does so in the same way at its end."""

    def _begin(self) -> None:
        # A rule may say otherwise; but each way is met, however few programs there are.
        self._refusal = REFUSALS[(self._max_connections - 1) % len(REFUSALS)]
        super()._begin()
        self._show_who_waits_in_vain()

    @rule(refusal=st.sampled_from(REFUSALS))
    def begin_outage(self, refusal: Refusal) -> None:
        """Let nobody reach the server any more."""
        self._refusal = refusal
        self._begin_outage()

    @rule(refusal=st.sampled_from(REFUSALS))
    def refuse_who_connects(self, refusal: Refusal) -> None:
        """Refuse all callers who are connecting, while another waits for the slot of one."""
        self._refusal = refusal
        if "A" in self._driving.retired or self._driving.waiting or self._driving.in_outage:
            return
        self._run(HoldConnects())
        for _ in range(self._driving.free("A")):
            self._run(Acquire("A"))
        if self._driving.waiting and "A" not in self._driving.retired and self._takes_timeout:
            self._run(Acquire("A"))
        self._begin_outage()
        self._run(LetConnect())
        self.end_outage()

    @precondition(
        lambda self: self._context.drivers.connections_can_fail and not self._driving.in_outage
    )
    @rule(how=st.sampled_from(FAILURES), disconnect=st.booleans())
    def begin_failing(self, how: Failure, disconnect: bool) -> None:
        """Let connections fail, perhaps the pool disconnect, and more callers come than slots."""
        self._run(BeginFailing(how))
        if disconnect and Capability.DISCONNECT in self._context.drivers.offers:
            self._run(DisconnectPool("A"))
        self.acquire_in_vain(self._driving.free("A") + 1)

    def _come_to_the_point(self) -> None:
        self._everybody_is_served()
        self.refuse_who_connects(self._refusal)
        self._begin_outage()
        self.acquire_in_vain(self._driving.free("A") + 1)

    def _begin_outage(self) -> None:
        self._run(BeginOutage(self._refusal))

    def _show_who_waits_in_vain(self) -> None:
        """In the other pool: so that it is known what the error of an exhausted pool is."""
        self.exhaust("B")
        if self._held("B") and self._may_wait("B"):
            self._run(Acquire("B"))
            self._run(Elapse())
        self.release_all("B")


class BeingAway(Outages):
    """A server that is away, with every connection cut."""

    _cut: CutByNetwork = "reset"
    """How connections have ended in the outages of this program."""

    @rule(cut=st.sampled_from(CUTS))
    def begin_outage(self, cut: CutByNetwork) -> None:
        """Let nobody reach the server any more."""
        self._cut = cut
        self._begin_outage()

    @precondition(lambda self: self._held())
    @rule(which=ANY)
    def use_and_release(self, which: int) -> None:
        """Send a command on a connection, which may be broken, and release it."""
        acquire = pick(self._held(), which)
        pool = self._driving.holding[acquire].pool
        self._run(Use(acquire))
        if acquire in self._held(pool):
            self._run(Release(acquire, pool))

    def _come_to_the_point(self) -> None:
        self._everybody_is_served()
        if self._driving.in_outage:
            self.end_outage()
        self.exhaust("A")
        for most in (1, 2):
            self._wait_behind(most)
        self._begin_outage()
        self._everybody_is_served()
        self.release_all("A")
        self.acquire_in_vain(self._driving.free("A") + 1)

    def _begin_outage(self) -> None:
        self._run(BeginOutage(self._cut))


SAID: dict[Refusal, str] = {
    "refused": "nobody listens to",
    "full": "there is no room for",
    "locked": "a password is asked of",
}

TURNED_AWAY = tuple(
    scenario
    for how in REFUSALS
    for scenario in (
        staged(
            f"{SAID[how]} who connects, while another waits for the slot",
            1,
            (HoldConnects(),),
            shown=True,
            after=(ASK, ASK, BeginOutage(how), LetConnect(), EndOutage()),
            timeout_s=PATIENT_WITH_OUTAGES_S,
        ),
        staged(
            f"{SAID[how]} more callers than there are slots",
            2,
            (BeginOutage(how),),
            shown=True,
            after=(ASK, ASK, ASK, EndOutage()),
        ),
    )
)
"""Callers who find nobody, no room, or no admission."""

FAILED = tuple(
    staged(
        f"{how} connections fails for more callers than there are slots",
        2,
        (BeginFailing(how),),
        idle=idle,
        shown=True,
        after=(ASK, ASK, ASK, EndOutage()),
    )
    for how, idle in zip(FAILURES, (0, 0, 2, 2), strict=True)
)
"""Connections that fail in this process, for a while: new ones, or such as are idle."""

CLOSING_FAILS: dict[str, Scenario] = {
    "releasing": staged(
        "released while closing fails",
        2,
        (BeginFailing("closing"),),
        holding=2,
        waiting=1,
        shown=True,
        after=(give(1), give(2), EndOutage()),
    ),
    "disconnecting": staged(
        "disconnected while closing fails",
        2,
        (BeginFailing("closing"),),
        idle=2,
        shown=True,
        after=(DisconnectPool("A"), EndOutage()),
        needs=frozenset({Capability.DISCONNECT}),
    ),
    "ending": staged(
        "closed while closing connections fails",
        2,
        (BeginFailing("closing"),),
        idle=2,
        after=(ClosePool("A"), EndOutage()),
        needs=frozenset({Capability.CLOSE}),
    ),
}
"""Connections that raise when they are closed: by a pool that closes what it takes back, by one that
disconnects, and by one that is closed.
"""

REFUSED = Workload(
    about="a server that refuses everybody who connects, for a while",
    program=TurningAway,
    brings=frozenset({Condition.CLOSED, Condition.DISCONNECTED, Condition.OUTAGE}),
    timeout_s=PATIENT_WITH_OUTAGES_S,
    surplus_callers=2,
    setup=WITH_FAULTS,
    quiescent_only=True,
    scenarios=(*TURNED_AWAY, *FAILED, *CLOSING_FAILS.values()),
)
OUTAGE = Workload(
    about="a server that is away for a while, with every connection cut",
    program=BeingAway,
    brings=frozenset({Condition.CUT_HELD, Condition.CUT_IDLE, Condition.OUTAGE}),
    timeout_s=PATIENT_WITH_OUTAGES_S,
    surplus_callers=2,
    setup=WITH_FAULTS,
    quiescent_only=True,
)
