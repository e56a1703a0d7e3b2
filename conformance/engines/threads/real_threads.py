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
from ...callers.driver import Surroundings
from ...callers.thread_callers import ThreadCallers
from ...faults.breakage import Breakage
from ...isolation.call_with_timeout import OVERDUE_S, DaemonExecutor
from ...programs.operations import (
    PATIENT_S,
    Acquire,
    AwaitReply,
    Build,
    Burst,
    Drop,
    Elapse,
    Forget,
    InterruptCommand,
    Operation,
    Reauthenticate,
    Release,
    ReleaseUnanswered,
    RunBlock,
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


class RealThreads(ThreadCallers, Breakage):
    """Runs sequential programs: bursts of one operation."""

    certain = False
    exact = False

    def __init__(self, adapter: AnyAdapter, surroundings: Surroundings) -> None:
        super().__init__(adapter, surroundings)
        self._acquiring: dict[int, Future[None]] = {}
        self._controls: dict[int, Future[float]] = {}
        self._callers = DaemonExecutor()
        self._clerks = DaemonExecutor()
        """They make no calls into the pool, so that they do not take a caller's place."""
        self._began_s = monotonic()

    def close(self) -> None:
        """Close all pools and end what connections they leave behind."""
        self._over = True
        for pool in self._pools.values():
            closing = self._callers.submit(self._adapter.close, pool.handle)
            wait([closing], timeout=OVERDUE_S)
        self._callers.dismiss()
        self._clerks.dismiss()
        self._monitor.end_connections(frozenset(pool.client_name for pool in self._pools.values()))

    def _carry_out(self, burst: Burst) -> None:
        for operation in burst.operations:
            self._run(operation)

    def _run(self, operation: Operation) -> None:
        match operation:
            case Build(pool, config):
                self._build(pool, config)
            case Acquire(pool):
                self._ask(pool)
            case Release(acquire, to):
                self._give_back(acquire, to)
            case Use(acquire):
                self._finish(self._held(acquire).pool, next(self._calls), self._use, acquire)
            case Drop(acquire):
                self._finish(self._held(acquire).pool, next(self._calls), self._drop, acquire)
            case Forget(acquire):
                self._finish(self._held(acquire).pool, next(self._calls), self._forget, acquire)
            case RunBlock(pool, leave_by):
                self._finish(pool, call := next(self._calls), self._run_block, pool, call, leave_by)
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
                    self._see_through(pool, call, self._pools[pool].config.timeout_s or 0.0)
            case _:
                self._inflict(operation)

    def _build(self, pool: str, config: PoolConfig) -> None:
        settings = self._settings_of(pool, config)
        building = self._callers.submit(self._adapter.open, settings)
        wait([building], timeout=OVERDUE_S)
        if not self._done_after_all(building):
            raise self._cannot_build(settings, None)
        raised = building.exception()
        if raised is not None:
            raise self._cannot_build(settings, raised)
        self._built(pool, config, building.result())

    def _ask(self, pool: str) -> None:
        config = self._pools[pool].config
        for _ in range(LATE_IN_A_ROW):
            call = next(self._calls)
            full = self.free(pool) <= 0
            wait_s = config.timeout_s if full and config.takes_timeout else None
            if wait_s is not None:
                self._controls[call] = self._clerks.submit(_plain_wait, wait_s)
            self.waiting[call] = pool
            self._acquiring[call] = self._callers.submit(self._acquire, pool, call)
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
        self.waiting.pop(call, None)

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
        timeout_s = self._pools[self.waiting[call]].config.timeout_s or 0.0
        waited_out = call in self._controls and waited_s >= timeout_s
        return self._controls[call].result() if waited_out else 0.0

    def _give_back(self, acquire: int, to: str) -> None:
        call = next(self._calls)
        releasing = self._callers.submit(self._release, acquire, to, call)
        self._bounded(to, call, releasing, OVERDUE_S)
        if acquire in self.released:
            for waiter in [waiter for waiter, pool in self.waiting.items() if pool == to][:1]:
                self._see_through(to, waiter, PARKED_S)

    def _release_unanswered(self, acquire: int) -> None:
        held = self._let_go_unanswered(acquire)
        call = next(self._calls)
        key = self._silent_key(call)
        try:
            self._adapter.send(held.connection, "BLPOP", key, 0)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._note_trouble(acquire, held, "BLPOP", raised)
            return
        self._log(ReleaseCalled(self._now_s(), held.pool, call, acquire))
        handle = self._pools[held.pool].handle
        releasing = self._callers.submit(self._adapter.release, handle, held.connection)
        wait([releasing], timeout=UNANSWERED_S)
        waits = not self._done_after_all(releasing)
        self._reply(key)
        wait([releasing], timeout=OVERDUE_S)
        if not self._done_after_all(releasing):
            self._give_up(held.pool, call, OVERDUE_S)
            return
        self._note_unanswered(acquire, held, call, releasing.exception(), waited=waits)

    def _await_reply(self, acquire: int, server_s: float) -> None:
        held = self._held(acquire)
        self.retired.add(held.pool)
        key = self._silent_key(next(self._calls))
        socket_timeout_s = self._pools[held.pool].config.socket_timeout_s or 0.0
        control = self._clerks.submit(_plain_wait, socket_timeout_s)
        took_s: list[float] = []

        def send_and_receive() -> None:
            called_s = self._now_s()
            try:
                self._adapter.send(held.connection, "BLPOP", key, 0)
                self._adapter.receive(held.connection)
            finally:
                took_s.append(self._now_s() - called_s)

        receiving = self._callers.submit(send_and_receive)
        wait([receiving], timeout=server_s)
        self._reply(key)
        wait([receiving], timeout=OVERDUE_S)
        if not self._done_after_all(receiving):
            self._give_up(held.pool, next(self._calls), OVERDUE_S)
            return
        raised = receiving.exception()
        self._note_awaited(acquire, held, server_s, took_s[0], raised, control.result)

    def _interrupt_command(self, pool: str) -> None:
        """Have a client give up a command; its reply comes when the next caller has sent one, too."""
        call, newcomer = next(self._calls), next(self._calls)
        key = self._silent_key(call)
        self._finish(pool, call, self._wait_in_a_client, pool, call, key)
        if pool in self.retired:
            return
        asked = Flag()
        self.waiting[newcomer] = pool
        acquiring = self._callers.submit(self._acquire, pool, newcomer, asked.set)
        acquiring.add_done_callback(lambda _: asked.set())
        asked.wait(OVERDUE_S)
        self._reply(key)
        self._bounded(pool, newcomer, acquiring, OVERDUE_S)
        self.waiting.pop(newcomer, None)
        self.retired.add(pool)  # with so little patience, a busy machine breaks connections

    def _run_use(self, acquire: int) -> None:
        self._finish(self._held(acquire).pool, next(self._calls), self._use, acquire)

    def _run_send_only(self, acquire: int, key: str) -> None:
        pool = self._held(acquire).pool
        self._finish(pool, next(self._calls), self._send_only, acquire, key)

    def _finish(self, pool: str, call: int, work: Callable[..., None], *arguments: object) -> None:
        self._bounded(pool, call, self._callers.submit(work, *arguments), OVERDUE_S)

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
            self._monitor.lets_in()
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
