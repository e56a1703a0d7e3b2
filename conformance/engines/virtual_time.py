"""Time that stands still until it is moved, for the drivers that know when nothing moves any more.

Then they let time pass: until a caller who is alone has come back, or until those who look again from
time to time have had their chance to do so.
"""

from collections.abc import Callable
from typing import Protocol

from ..callers.calls import AnyCall, Calls
from ..callers.program_context import ProgramContext
from ..isolation.call_with_timeout import OVERDUE_S
from ..programs.operations import PATIENT_S

LOOKS = 10_000
"""How often callers may look again while one wait comes to its end."""

LOOK_S = 1.0
"""How long those who look again from time to time are given to do so."""

LOOK_AT_CONNECTS_S = 0.25
"""How long they are given while the server lets nobody connect: not so long that a connect is given up.
"""

CLOSE_S = 60.0
"""How long closing a pool may take that nobody uses any more: it may see its own threads or tasks out,
who look from time to time whether it is over."""

BACK_S = 60.0
"""How long those are given who try again from time to time to reach a server that was away."""

MARGIN_S = 0.001
"""A wait that ends this much before `timeout` is over ends early on purpose: to look again."""


class Host(Protocol):
    """What the callers run on. Its clock is moved by hand."""

    connects_held: bool
    """Whether those are kept waiting who open a connection."""

    def next_deadline_s(self) -> float | None:
        """When the first of the waits ends that have an end."""

    def advance_to(self, at_s: float, /) -> None:
        """Set the clock."""


class VirtualTime:
    """Lets time pass, and the callers go on that are due then."""

    def __init__(
        self,
        host: Host,
        clock_s: Callable[[], float],
        program: ProgramContext,
        calls: Calls[AnyCall],
        go_on: Callable[[], None],
        see_that_callers_give_up: Callable[[], None],
    ) -> None:
        """`clock_s` is what the clock of the host shows. `go_on` lets everybody go on until nothing
        moves but the clock. The last is called before the clock is moved, and may raise that this has
        gone on for too long.
        """
        self._host = host
        self._clock_s = clock_s
        self._log = program.log
        self._account = program.account
        self._calls = calls
        self._go_on = go_on
        self._see_that_callers_give_up = see_that_callers_give_up
        self._somebody_looks = False
        """Whether somebody has been seen to look again before the end of a wait."""

    def let_look(self, deadline_s: float) -> None:
        """Let somebody look again who does so before the end of a wait."""
        self._somebody_looks = True
        self._host.advance_to(deadline_s)
        self._go_on()

    def see_through(self, call: int) -> None:
        """Let the time pass that a caller needs who is alone, and give it up if that is not enough.

        It is left waiting only if it finds the pool full, and may wait for long. While the server
        keeps everybody waiting who connects, the clause on progress judges who waits for one of those.
        """
        if (
            call not in self._calls.moving
            or self._host.connects_held
            or call in self._calls.endings
        ):
            return
        moving = self._calls.moving[call]
        timeout_s = self._account.pools[moving.pool].config.timeout_s
        patient = timeout_s is None or timeout_s >= PATIENT_S
        if call in self._account.waiting and patient and self._account.free(moving.pool) <= 0:
            return
        wait_s = OVERDUE_S + (timeout_s or 0.0)
        end_s = self._clock_s() + wait_s
        self.pass_until(lambda: call not in self._calls.moving, end_s)
        if call in self._calls.moving:
            self._host.advance_to(end_s)
            self._calls.give_up(moving.pool, call, wait_s)

    def pass_until(self, is_over: Callable[[], bool], end_s: float) -> None:
        """Let one wait after another come to its end, until this is so, or it is so late."""
        while not is_over():
            deadline_s = self._host.next_deadline_s()
            if deadline_s is None or deadline_s > end_s:
                return
            self._see_that_callers_give_up()
            self._host.advance_to(deadline_s)
            self._go_on()

    def pass_for(self, seconds: float) -> None:
        """Let so much time pass. Those who look again from time to time do so on the way."""
        end_s = self._clock_s() + seconds
        deadline_s = self._host.next_deadline_s()
        first_end_s = min((moving.end_s for moving in self._calls.moving.values()), default=end_s)
        if deadline_s is not None and deadline_s < min(end_s, first_end_s - MARGIN_S):
            self._somebody_looks = True
        self.pass_until(lambda: False, end_s)
        self._host.advance_to(end_s)

    def let_them_look_again(self) -> bool:
        """Let those who look again from time to time do so, before it is said that they wait.

        Time passes until nothing has happened for a while. Returns whether it is certain now that
        nothing moves any more: where the end of a wait is too near, nobody can say so.
        """
        self._see_endings_through()
        seen, until_s = len(self._log.events), self._clock_s() + self._look_s()
        for _ in range(LOOKS):
            deadline_s = self._host.next_deadline_s()
            if not self._calls.may_be_served() or deadline_s is None or deadline_s >= until_s:
                return True
            end_s = min(moving.end_s for moving in self._calls.moving.values())
            if deadline_s >= end_s - MARGIN_S:
                return not self._somebody_looks
            self.let_look(deadline_s)
            if len(self._log.events) > seen:
                seen = len(self._log.events)
                until_s = self._clock_s() + self._look_s()
        return False

    def let_them_come_back(self) -> None:
        """Let those try again who do so from time to time, after an outage.

        A caller who still waits then waits for nothing. A pool that says for a while that the server
        is away, without asking, must have found out by then, too.
        """
        self._go_on()
        back_s = self._clock_s() + BACK_S
        self.pass_until(lambda: not self._calls.may_be_served(), back_s)
        self._host.advance_to(back_s)
        self._go_on()

    def _see_endings_through(self) -> None:
        """Let the time pass that closing a pool needs which nobody uses any more."""

        def is_over() -> bool:
            endings = self._calls.endings & self._calls.moving.keys()
            return all(self._calls.waits_for_callers(call) for call in endings)

        if not self._host.connects_held:
            self.pass_until(is_over, self._clock_s() + CLOSE_S)

    def _look_s(self) -> float:
        """How long to wait for somebody to look again."""
        return LOOK_AT_CONNECTS_S if self._host.connects_held else LOOK_S
