"""What all drivers have in common: they run a program, burst by burst, and write down its history.

A driver is put together from a log, an account of who holds and who waits, callers, an engine that
runs them, and faults. It judges nothing.
"""

from abc import ABC, abstractmethod

from poolproof.spec.model.events import AcquireCalled, AcquireFailed

from ..faults.faults import Faults
from ..programs.operations import (
    Burst,
    EndOutage,
    LetClose,
    LetConnect,
    Operation,
)
from ..programs.trace import Step, Trace
from .finish import Finish
from .program_context import ProgramContext, Surroundings
from .quiescence import QuiescenceRecorder, Standstill


class Driver(ABC):
    """Runs one program. Its `events` are the program's history."""

    certain = True
    """Whether this driver knew, after the last burst, that nothing moved any more."""

    exact = True
    """Whether its clock is one by which no wait ends late because the machine is busy."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._program = ProgramContext(surroundings, self._now_s)
        self._log = self._program.log
        self._account = self._program.account
        self._faults = Faults(
            surroundings.fault_means,
            self._account,
            self._log,
            self._program.seen,
            surroundings.monitor,
            self._program.replies,
            use=self._run_use,
            send_only=self._run_send_only,
            expect_replies=self._expect_replies,
        )
        self.events = self._log.events
        """The history so far."""
        self.holding = self._account.holding
        """By the call of the acquire: the connections that are in use."""
        self.released = self._account.released
        """By the call of the acquire: the connections that were in use."""
        self.waiting = self._account.waiting
        """The acquires that have not returned, and their pools."""
        self.retired = self._account.retired
        """The pools with which the program is over."""
        self.closed = self._account.closed
        """The pools that have been closed."""
        switch = surroundings.fault_means.switch
        self._slow_closes = None if switch is None else switch.slow_closes
        self._quiescence = QuiescenceRecorder(self._program)
        self._steps: list[Step] = []

    @property
    def in_outage(self) -> bool:
        """Whether the server cannot be reached."""
        return self._account.in_outage

    @property
    def trace(self) -> Trace | None:
        """What was done so far; None if it would not be the same if it were done again."""
        return Trace(self._program.setup, tuple(self._steps)) if self.exact else None

    @property
    def next_call(self) -> int:
        """The number of the next call."""
        return self._program.numbers.upcoming

    def free(self, pool: str) -> int:
        """How many callers the pool still owes a connection, if it does what it should."""
        return self._account.free(pool)

    def run(self, burst: Burst) -> None:
        """Run a burst until nothing moves any more, and write down what the server sees then.

        Raises CannotBuild, NeverGivesUp, or ServerGone, when the program cannot go on.
        """
        began = len(self.events)
        self._steps.append(Step(burst, self.next_call, began))
        self._carry_out(burst)
        self._see_that_the_server_lets_in(began)
        self._record_quiescence()

    def run_one(self, operation: Operation) -> None:
        """Run a burst of one operation."""
        self.run(Burst((operation,)))

    def finish(self) -> None:
        """Return every connection, see whether all slots can be used again, and close everything."""
        if self._standstill().connects_held:
            self.run_one(LetConnect())
        if self._closes_slowly:
            self.run_one(LetClose())
        if self.in_outage:
            self.run_one(EndOutage())
        ending = Finish(self._account, self.run_one, self._give_up)
        used = {event.pool for event in self.events if isinstance(event, AcquireCalled)}
        for pool in sorted(used, reverse=True):
            ending.use_every_slot(pool)
        self.close()

    @property
    def _closes_slowly(self) -> bool:
        """Whether there are connections that are slow to close."""
        return self._slow_closes is not None and not self._slow_closes.is_open

    @abstractmethod
    def close(self) -> None:
        """Close all pools and end what connections and callers they leave behind."""

    @abstractmethod
    def _carry_out(self, burst: Burst) -> None:
        """Run a burst until nothing moves any more."""

    @abstractmethod
    def _now_s(self) -> float:
        """The time as the callers know it, in seconds since the program began."""

    @abstractmethod
    def _run_use(self, acquire: int) -> None:
        """Have the holder of a connection use it, until nothing moves any more."""

    @abstractmethod
    def _run_send_only(self, acquire: int, key: str) -> None:
        """Have the holder of a connection send a command, and leave its reply unread."""

    def _give_up(self, pool: str, call: int, waited_s: float) -> None:
        """Write down that a call has not returned, and have done with its pool."""
        self._program.give_up(pool, call, waited_s)

    @abstractmethod
    def _expect_replies(self, due: bool) -> None:
        """Learn whether replies are due: they are not as long as the server says nothing."""

    def _standstill(self) -> Standstill:
        """What the engine knows of the calls that have not returned, now that nothing moves."""
        return Standstill()

    def _record_quiescence(self) -> None:
        """Write down how things stand, now that nothing moves."""
        self._faults.look()
        self._quiescence.record(self._standstill(), certain=self.certain)

    def _see_that_the_server_lets_in(self, began: int) -> None:
        """What a pool cannot do while the server admits nobody is not the pool's fault."""
        if self.in_outage:
            return  # nobody owes anybody a connection, and it may be the server that lets nobody in
        failed = [event for event in self.events[began:] if isinstance(event, AcquireFailed)]
        if any(event.error.is_connection_error and self.free(event.pool) > 0 for event in failed):
            self._program.monitor.lets_in()
