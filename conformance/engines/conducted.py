"""What the drivers have in common that conduct their callers: they know when nothing moves any more."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from math import inf
from typing import Generic

from poolproof.spec.model.events import HeldUp, PoolConfig

from ..callers.callers import Callers
from ..callers.calls import AnyCall, Calls
from ..callers.driver import Driver
from ..callers.holders import Work
from ..callers.program_context import Surroundings
from ..callers.quiescence import Standstill
from ..programs.operations import (
    Acquire,
    Build,
    Burst,
    ClosePool,
    DisconnectPool,
    Elapse,
    HoldConnects,
    InTurn,
    LetConnect,
    Operation,
    Pass,
    Reauthenticate,
    Release,
    ReleaseInside,
    Use,
)
from .virtual_time import Host, VirtualTime


class ConductedDriver(Driver, Generic[AnyCall]):
    """Starts calls, lets everybody go on until nothing moves, and lets time pass."""

    _callers: Callers

    def __init__(self, surroundings: Surroundings, host: Host) -> None:
        super().__init__(surroundings)
        self._host = host
        self._calls: Calls[AnyCall] = Calls(self._program)
        self._unnumbered = count(-1, -1)
        self._time = VirtualTime(
            host,
            self._clock_s,
            self._program,
            self._calls,
            self._go_on,
            self._faults.see_that_callers_give_up,
        )

    def run(self, burst: Burst) -> None:
        """Run a burst until nothing moves any more. A release that has not returned then never will."""
        super().run(burst)
        self._calls.give_up_who_hangs(self._closing())

    @abstractmethod
    def _clock_s(self) -> float:
        """What the clock of the host shows."""

    @abstractmethod
    def _let_run(self) -> None:
        """Let everybody go on until nothing moves but the clock."""

    @abstractmethod
    def _start_call(
        self,
        pool: str,
        work: Callable[[int], Work],
        end_s: float = inf,
        call: int | None = None,
    ) -> int:
        """Have a caller do this, who need not wait for longer than until then; the call it makes."""

    @abstractmethod
    def _build(self, pool: str, config: PoolConfig) -> None:
        """Build a pool. Raises CannotBuild."""

    @abstractmethod
    def _elapse(self) -> None:
        """Let the time pass until the next of the callers who wait has waited long enough.

        Those who look again from time to time do so on the way.
        """

    @abstractmethod
    def _auth_kept(self) -> AbstractContextManager[None]:
        """Have the answer to AUTH come when the block is over."""

    @abstractmethod
    def _start_own(self, operation: Operation) -> int | None:
        """Start an operation that callers of this flavour have their own way with."""

    def _carry_out_at_once(
        self, operations: Sequence[Operation], go_on: Callable[[], None]
    ) -> None:
        """Start these together, let everybody go on, and let the time pass that is needed to say that
        nothing moves any more.
        """
        call = None
        for operation in operations:
            call = self._start(operation)
        go_on()
        if (
            call is not None
            and len(operations) == 1
            and not isinstance(operations[0], ReleaseInside)
            and not self._closes_slowly
        ):
            self._time.see_through(call)
        self.certain = self._time.let_them_look_again()

    def _start(self, operation: Operation) -> int | None:
        """Start an operation; the call that it makes, if it makes one."""
        if self._inflict(operation):
            return None
        made = self._callers.call_for(operation)
        if made is not None:
            call = self._start_call(*made)
            if isinstance(operation, ClosePool | DisconnectPool):
                self._calls.end_something(call)
            return call
        match operation:
            case Acquire(pool, within_s):
                return self._start_acquire(pool, within_s)
            case Release(acquire, to):
                return self._start_release(acquire, to)
            case InTurn(operations):
                call = next(self._unnumbered)
                return self._start_call(
                    "A", lambda _: self._callers.do_in_turn(operations), call=call
                )
            case Reauthenticate(pool):
                return self._tell_of_credentials(pool)
            case Build(pool, config):
                self._build(pool, config)
            case Elapse():
                self._elapse()
            case Pass(seconds):
                self._time.pass_for(seconds)
            case HoldConnects() | LetConnect():
                self._host.connects_held = isinstance(operation, HoldConnects)
            case _:
                return self._start_own(operation)
        return None

    def _inflict(self, operation: Operation) -> bool:
        """Carry out a fault, and let the pools come back after an outage; whether it is a fault."""
        was_in_outage = self.in_outage
        is_fault = self._faults.carry_out(operation)
        if was_in_outage and not self.in_outage:
            self._time.let_them_come_back()
        return is_fault

    def _start_acquire(self, pool: str, within_s: float | None = None) -> int:
        return self._start_waiting(
            pool,
            lambda call: self._callers.acquire(pool, call, within_s=within_s),
            self._wait_ends_s(pool, within_s),
        )

    def _start_waiting(self, pool: str, work: Callable[[int], Work], end_s: float) -> int:
        """Have a caller acquire."""
        call = self._start_call(pool, work, end_s)
        self._account.wait(call, pool)
        return call

    def _wait_ends_s(self, pool: str, within_s: float | None = None, limit_s: float = inf) -> float:
        """When an acquire should have waited long enough that starts now."""
        timeout_s = self._account.pools[pool].config.timeout_s if within_s is None else within_s
        return self._clock_s() + min(inf if timeout_s is None else timeout_s, limit_s)

    def _start_release(self, acquire: int, to: str) -> int:
        return self._start_call(to, lambda call: self._callers.release(acquire, to, call))

    def _tell_of_credentials(self, pool: str) -> int | None:
        """Tell the pool; a holder releases, and a caller asks, while the answer to AUTH is outstanding.

        Nothing is done if the server does not take the credentials, as it may not if it asks for none.
        """
        if not self._program.monitor.takes(*self._program.credentials):
            return None
        with self._auth_kept():
            telling = self._start_call(pool, lambda call: self._callers.reauthenticate(pool, call))
            self._go_on()
            for acquire in self._account.holders(pool)[:1]:
                processed = self._program.commands_processed()
                releasing = self._start_release(acquire, pool)
                self._go_on()
                asked_nothing = (
                    self._program.commands_processed() == processed + 1
                )  # the question itself
                both_move = {telling, releasing} <= self._calls.moving.keys()
                if both_move and asked_nothing:
                    self._log.add(HeldUp(self._log.now_s(), pool, releasing))
            newcomer = self._start_acquire(pool)
            self._go_on()
        self._go_on()
        return newcomer

    def _run_use(self, acquire: int) -> None:
        self._start(Use(acquire))
        self._go_on()

    def _run_send_only(self, acquire: int, key: str) -> None:
        pool = self._account.held(acquire).pool
        self._start_call(pool, lambda _: self._callers.holders.send_only(acquire, key))
        self._go_on()

    def _go_on(self) -> None:
        self._let_run()
        self._calls.note_who_returned()

    def _give_up(self, pool: str, call: int, waited_s: float) -> None:
        self._calls.give_up(pool, call, waited_s)

    def _standstill(self) -> Standstill:
        return Standstill(
            self._connecting(),
            self._host.connects_held,
            self._closing(),
            self._stack(),
            self._calls.still_ending(),
        )

    @abstractmethod
    def _closing(self) -> frozenset[int]:
        """The calls that have not returned because they close a connection that is slow to close."""

    @abstractmethod
    def _connecting(self) -> frozenset[int]:
        """The calls that have not returned because the server keeps them waiting."""

    def _stack(self) -> tuple[str, ...]:
        """Where a release is in the code that has not returned; empty if that is not known."""
        return ()
