"""The driver for real threads, in real time.

Every call into a pool is made by a thread of its own, so that a caller who waits stops nobody and a
call that never returns costs a verdict and not the run. A call that returns says so; how long one
may take that does not is bounded. That a caller waits is assumed when it should, and has not come
back after a while: this driver is never certain.
"""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Event as Flag
from time import monotonic
from typing import TypeVar

from poolproof.spec.model.events import AcquireCalled, AcquireFailed, PoolConfig, ReleaseCalled
from poolproof.spec.model.timing import LATE_IN_A_ROW, is_late

from ...adapters.adapter import AnyAdapter
from ...callers.driver import Driver
from ...callers.holders import Work
from ...callers.outcomes import Outcomes
from ...callers.program_context import Surroundings
from ...callers.thread_callers import ThreadCallers, run_through
from ...isolation.call_with_timeout import OVERDUE_S, DaemonExecutor
from ...programs.operations import (
    PATIENT_S,
    Acquire,
    AwaitReply,
    Build,
    Burst,
    Elapse,
    InterruptCommand,
    Operation,
    Reauthenticate,
    Release,
    ReleaseUnanswered,
    Use,
)

UNANSWERED_S = 0.5
"""How long a release may take while the server owes its connection a reply, before the server is made
to send it. The release is at fault only if it returns then, and did not before."""

GRACE_S = 0.5
"""How long a call that is to be given up is given once more, in case the machine stood still."""

PARKED_S = 0.005
"""How long a caller who is expected to wait is given to come back at once instead. Too short a time
misses nothing: whether the caller waited or came back is read from the history."""

_Result = TypeVar("_Result")


class RealThreads(Driver):
    """Runs sequential programs: bursts of one operation."""

    certain = False
    exact = False

    def __init__(self, adapter: AnyAdapter, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._adapter = adapter
        self._callers = ThreadCallers(adapter, self._program, self._control_s)
        self._outcomes = Outcomes(self._program)
        self._acquiring: dict[int, Future[None]] = {}
        self._controls: dict[int, Future[float]] = {}
        self._threads = DaemonExecutor()
        self._clerks = DaemonExecutor()
        """Threads that make no calls into the pool, so that they do not take a caller's place."""
        self._began_s = monotonic()

    def close(self) -> None:
        """Close all pools and end what connections they leave behind."""
        self._log.end()
        for pool in self._account.pools.values():
            closing = self._threads.submit(self._adapter.close, pool.handle)
            wait([closing], timeout=OVERDUE_S)
        self._threads.dismiss()
        self._clerks.dismiss()
        self._program.end_connections()

    def _carry_out(self, burst: Burst) -> None:
        for operation in burst.operations:
            self._run(operation)

    def _run(self, operation: Operation) -> None:
        if self._faults.carry_out(operation):
            return
        made = self._callers.call_for(operation)
        if made is not None:
            self._finish(*made)
            return
        match operation:
            case Build(pool, config):
                self._build(pool, config)
            case Acquire(pool):
                self._ask(pool)
            case Release(acquire, to):
                self._give_back(acquire, to)
            case ReleaseUnanswered(acquire):
                self._release_unanswered(acquire)
            case AwaitReply(acquire, server_s):
                self._await_reply(acquire, server_s)
            case Reauthenticate():
                return  # threads that no scheduler conducts are not held between two replies
            case InterruptCommand(pool):
                self._interrupt_command(pool)
            case Elapse():
                for call, pool in [*self.waiting.items()][:1]:
                    timeout_s = self._account.pools[pool].config.timeout_s
                    self._see_through(pool, call, timeout_s or 0.0)
            case _:
                raise AssertionError(f"{type(self).__name__} cannot carry out {operation}")

    def _build(self, pool: str, config: PoolConfig) -> None:
        settings = self._program.settings_of(pool, config)
        building = self._threads.submit(self._adapter.open, settings)
        wait([building], timeout=OVERDUE_S)
        if not self._done_after_all(building):
            raise self._program.cannot_build(settings, None)
        raised = building.exception()
        if raised is not None:
            raise self._program.cannot_build(settings, raised)
        self._program.note_built(pool, config, building.result())

    def _ask(self, pool: str) -> None:
        config = self._account.pools[pool].config
        for _ in range(LATE_IN_A_ROW):
            call = next(self._program.numbers)
            full = self.free(pool) <= 0
            wait_s = config.timeout_s if full and config.takes_timeout else None
            if wait_s is not None:
                self._controls[call] = self._clerks.submit(_plain_wait, wait_s)
            self._account.wait(call, pool)
            self._acquiring[call] = self._submit(self._callers.acquire(pool, call))
            brief = wait_s is not None and wait_s < PATIENT_S
            if full and not brief:
                wait([self._acquiring[call]], timeout=PARKED_S)
                if not self._acquiring[call].done():
                    return
            self._see_through(pool, call, wait_s or 0.0)
            if not self._was_late(call, config):
                return

    def _see_through(self, pool: str, call: int, wait_s: float) -> None:
        self._bounded(pool, call, self._acquiring[call], OVERDUE_S + wait_s)
        self._account.have_returned(call)

    def _was_late(self, call: int, config: PoolConfig) -> bool:
        called_s = 0.0
        for event in self.events:
            if isinstance(event, AcquireCalled) and event.call == call:
                called_s = event.at_s
            if isinstance(event, AcquireFailed) and event.call == call and event.control_s:
                took_s = event.at_s - called_s
                return is_late(config.timeout_s or 0.0, took_s, event.control_s)
        return False

    def _control_s(self, call: int, waited_s: float) -> float:
        timeout_s = self._account.pools[self.waiting[call]].config.timeout_s or 0.0
        waited_out = call in self._controls and waited_s >= timeout_s
        return self._controls[call].result() if waited_out else 0.0

    def _give_back(self, acquire: int, to: str) -> None:
        call = next(self._program.numbers)
        releasing = self._submit(self._callers.release(acquire, to, call))
        self._bounded(to, call, releasing, OVERDUE_S)
        if acquire in self.released:
            for waiter in [waiter for waiter, pool in self.waiting.items() if pool == to][:1]:
                self._see_through(to, waiter, PARKED_S)

    def _release_unanswered(self, acquire: int) -> None:
        held = self._account.let_go_unanswered(acquire)
        call = next(self._program.numbers)
        key = self._program.replies.silent_key(call)
        try:
            self._adapter.send(held.connection, "BLPOP", key, 0)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._outcomes.trouble(acquire, held, "BLPOP", raised)
            return
        self._log.add(ReleaseCalled(self._now_s(), held.pool, call, acquire))
        handle = self._account.pools[held.pool].handle
        releasing = self._threads.submit(self._adapter.release, handle, held.connection)
        wait([releasing], timeout=UNANSWERED_S)
        waits = not self._done_after_all(releasing)
        self._program.replies.come(key)
        wait([releasing], timeout=OVERDUE_S)
        if not self._done_after_all(releasing):
            self._give_up(held.pool, call, OVERDUE_S)
            return
        self._outcomes.unanswered(acquire, held, call, releasing.exception(), waited=waits)

    def _await_reply(self, acquire: int, server_s: float) -> None:
        held = self._account.held(acquire)
        self.retired.add(held.pool)
        key = self._program.replies.silent_key(next(self._program.numbers))
        socket_timeout_s = self._account.pools[held.pool].config.socket_timeout_s or 0.0
        control = self._clerks.submit(_plain_wait, socket_timeout_s)
        took_s: list[float] = []

        def send_and_receive() -> None:
            called_s = self._now_s()
            try:
                self._adapter.send(held.connection, "BLPOP", key, 0)
                self._adapter.receive(held.connection)
            finally:
                took_s.append(self._now_s() - called_s)

        receiving = self._threads.submit(send_and_receive)
        wait([receiving], timeout=server_s)
        self._program.replies.come(key)
        wait([receiving], timeout=OVERDUE_S)
        if not self._done_after_all(receiving):
            self._give_up(held.pool, next(self._program.numbers), OVERDUE_S)
            return
        raised = receiving.exception()
        self._outcomes.awaited(acquire, held, server_s, took_s[0], raised, control.result)

    def _interrupt_command(self, pool: str) -> None:
        """Have a client give up a command; its reply comes when the next caller has sent one, too."""
        call, newcomer = next(self._program.numbers), next(self._program.numbers)
        key = self._program.replies.silent_key(call)
        giving = self._submit(self._callers.wait_in_a_client(pool, call, key))
        self._bounded(pool, call, giving, OVERDUE_S)
        if pool in self.retired:
            return
        asked = Flag()
        self._account.wait(newcomer, pool)
        acquiring = self._submit(self._callers.acquire(pool, newcomer, asked=asked.set))
        acquiring.add_done_callback(lambda _: asked.set())
        asked.wait(OVERDUE_S)
        self._program.replies.come(key)
        self._bounded(pool, newcomer, acquiring, OVERDUE_S)
        self._account.have_returned(newcomer)
        self.retired.add(pool)  # with so little patience, a busy machine breaks connections

    def _expect_replies(self, due: bool) -> None:
        """No thread is kept from waiting for what does not come; how long it takes is bounded."""

    def _run_use(self, acquire: int) -> None:
        self._run(Use(acquire))

    def _run_send_only(self, acquire: int, key: str) -> None:
        pool = self._account.held(acquire).pool
        self._finish(pool, lambda _: self._callers.holders.send_only(acquire, key))

    def _finish(self, pool: str, work: Callable[[int], Work]) -> None:
        """Have a caller do this, and wait until it has."""
        call = next(self._program.numbers)
        self._bounded(pool, call, self._submit(work(call)), OVERDUE_S)

    def _submit(self, work: Work) -> Future[None]:
        """Have a caller do this."""
        return self._threads.submit(run_through, work)

    def _bounded(self, pool: str, call: int, future: Future[None], bound_s: float) -> None:
        """Wait for a call; give it up if it takes too long."""
        began_s = self._now_s()
        wait([future], timeout=bound_s)
        if self._done_after_all(future):
            future.result()
        else:
            self._give_up(pool, call, self._now_s() - began_s)

    def _done_after_all(self, future: Future[_Result]) -> bool:
        """Whether a call is done, given that the machine or the server may have stood still."""
        if not future.done():
            self._program.monitor.lets_in()
            wait([self._clerks.submit(_plain_wait, 0.0)])
            wait([future], timeout=GRACE_S)
        return future.done()

    def _now_s(self) -> float:
        return monotonic() - self._began_s


def _plain_wait(wait_s: float) -> float:
    """How long a plain wait of the standard library takes, in seconds."""
    began_s = monotonic()
    Flag().wait(wait_s)
    return monotonic() - began_s
