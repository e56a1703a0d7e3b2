"""What those drivers have in common whose clock stands still until they move it.

They know when nothing moves any more. Then they let time pass: until a caller who is alone has come
back, or until those who look again from time to time have had their chance to do so.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

from ..callers.calls import AnyCall, Calls, Work
from ..callers.driver import Surroundings
from ..isolation.call_with_timeout import OVERDUE_S
from ..programs.operations import PATIENT_S, Elapse, HoldConnects, LetConnect, Operation, Pass

LOOKS = 10_000
"""How often callers may look again while one wait comes to its end."""

LOOK_S = 1.0
"""How long those who look again from time to time are given to do so."""

LOOK_AT_CONNECTS_S = 0.25
"""The same, while the server lets nobody connect."""

CLOSE_S = 60.0
"""How long closing a pool may take that nobody uses any more: it may see its own threads or tasks out,
who look from time to time whether it is over."""

BACK_S = 60.0
"""The same, for those who try again from time to time to reach a server that was away."""

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


class VirtualTime(Calls[AnyCall, Work]):
    """Lets time pass."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._somebody_looks = False
        """Whether somebody has been seen to look again before the end of a wait."""

    @property
    @abstractmethod
    def _host(self) -> Host:
        """What the callers run on."""

    @abstractmethod
    def _clock_s(self) -> float:
        """What the clock of the host shows."""

    @abstractmethod
    def _elapse(self) -> None:
        """Let the time pass until the next of the callers who wait has waited long enough.

        Those who look again from time to time do so on the way.
        """

    def _start(self, operation: Operation) -> int | None:
        match operation:
            case Elapse():
                self._elapse()
            case Pass(seconds):
                self._pass(seconds)
            case HoldConnects():
                self._host.connects_held = True
            case LetConnect():
                self._host.connects_held = False
            case _:
                return super()._start(operation)
        return None

    def _give_up_who_hangs(self) -> None:
        """A burst is over: what has not returned, and is not an acquire that waits, never will."""
        for call, moving in [*self._moving.items()]:
            if call not in self.waiting and not self._waits_for_callers(call):
                self._give_up(moving.pool, call, 0.0)

    def _waits_for_callers(self, call: int) -> bool:
        """Whether a call closes a pool that may let those finish first who use it."""
        pool = self._moving[call].pool
        used = pool in self.waiting.values() or any(
            held.pool == pool for held in self.holding.values()
        )
        return call in self._endings and used

    def _see_through(self, call: int | None) -> None:
        """Let the time pass that a caller needs who is alone, and give it up if that is not enough.

        Only who finds the pool full, and may wait for long, is left waiting. While the server keeps
        everybody waiting who connects, the clause on progress judges who waits for one of those.
        """
        if call is None or call not in self._moving or self._connects_held():
            return
        moving = self._moving[call]
        if call in self._endings:
            return
        config = self._pools[moving.pool].config
        patient = config.timeout_s is None or config.timeout_s >= PATIENT_S
        if call in self.waiting and patient and self.free(moving.pool) <= 0:
            return
        wait_s = OVERDUE_S + (config.timeout_s or 0.0)
        end_s = self._clock_s() + wait_s
        self._pass_until(lambda: call not in self._moving, end_s)
        if call in self._moving:
            self._host.advance_to(end_s)
            self._give_up(moving.pool, call, wait_s)

    def _see_endings_through(self) -> None:
        """Let the time pass that closing a pool needs which nobody uses any more."""

        def is_over() -> bool:
            endings = self._endings & self._moving.keys()
            return all(self._waits_for_callers(call) for call in endings)

        if not self._connects_held():
            self._pass_until(is_over, self._clock_s() + CLOSE_S)

    def _pass_until(self, is_over: Callable[[], bool], end_s: float) -> None:
        """Let one wait after another come to its end."""
        while not is_over():
            deadline_s = self._host.next_deadline_s()
            if deadline_s is None or deadline_s > end_s:
                return
            self._see_that_callers_give_up()
            self._host.advance_to(deadline_s)
            self._go_on()

    def _pass(self, seconds: float) -> None:
        """Let so much time pass. Those who look again from time to time do so on the way."""
        end_s = self._clock_s() + seconds
        deadline_s = self._host.next_deadline_s()
        first_end_s = min((moving.end_s for moving in self._moving.values()), default=end_s)
        if deadline_s is not None and deadline_s < min(end_s, first_end_s - MARGIN_S):
            self._somebody_looks = True
        self._pass_until(lambda: False, end_s)
        self._host.advance_to(end_s)

    def _let_them_look_again(self) -> None:
        """Let those who look again from time to time do so, before it is said that they wait.

        Time passes until nothing has happened for a while. Where the end of a wait is too near for
        that, nobody can say that nothing moves any more.
        """
        self.certain = True
        self._see_endings_through()
        seen, until_s = len(self.events), self._clock_s() + self._look_s()
        for _ in range(LOOKS):
            deadline_s = self._host.next_deadline_s()
            if not self._may_be_served() or deadline_s is None or deadline_s >= until_s:
                return
            end_s = min(moving.end_s for moving in self._moving.values())
            if deadline_s >= end_s - MARGIN_S:
                self.certain = not self._somebody_looks
                return
            self._somebody_looks = True
            self._host.advance_to(deadline_s)
            self._go_on()
            if len(self.events) > seen:
                seen, until_s = len(self.events), self._clock_s() + self._look_s()
        self.certain = False

    def _end_outage(self) -> None:
        """Let those try again who do so from time to time; who still waits then waits for nothing.

        Also who says for a while that the server is away, without asking, must have found out by then.
        """
        if not self.in_outage:
            return
        super()._end_outage()
        self._go_on()
        back_s = self._clock_s() + BACK_S
        self._pass_until(lambda: not self._may_be_served(), back_s)
        self._host.advance_to(back_s)
        self._go_on()

    def _may_be_served(self) -> bool:
        """Whether looking again could make a difference to anybody: also that a pool is closed is
        found out so.
        """
        return any(
            self.free(moving.pool) > 0 or moving.pool in self.closed
            for moving in self._moving.values()
        )

    def _look_s(self) -> float:
        """How long to wait for somebody to look again; not so long that a connect is given up."""
        return LOOK_AT_CONNECTS_S if self._connects_held() else LOOK_S

    def _connects_held(self) -> bool:
        return self._host.connects_held
