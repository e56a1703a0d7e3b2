"""The driver for asyncio: callers are tasks of a loop whose clock is virtual.

The loop knows when nothing can move any more, also while a real server takes its time to answer; so
this driver is certain. It cancels callers at any suspension, and also in the gap between the end of
what a task waits for and the moment it goes on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf

from poolproof.spec.model.events import PoolConfig

from ...adapters.adapter import AnyAsyncAdapter
from ...callers.calls import Call
from ...callers.holders import Work
from ...callers.program_context import Surroundings
from ...callers.task_callers import TaskCallers, let_be_cancelled
from ...isolation.call_with_timeout import OVERDUE_S
from ...programs.operations import (
    Acquire,
    AwaitReply,
    Burst,
    Cancel,
    Cancelled,
    InterruptCommand,
    Limited,
    Operation,
    Release,
    ReleaseUnanswered,
)
from ...programs.schedule import Cancellation
from ..conducted import ConductedDriver
from ..threads import shown_by_loop
from ..threads.threads_of_others import threads_of_pool
from ..virtual_time import LOOKS, MARGIN_S
from . import CannotHost, Started, VirtualLoop, start
from .held_replies import hold_replies
from .kept_replies import KeptReplies
from .task_gate import TaskGate

CALL: ContextVar[int] = ContextVar("CALL")
"""Which call a task works for; the tasks that it starts inherit it."""


@dataclass(frozen=True, slots=True)
class _TaskCall(Call):
    """A call that a task makes."""

    task: asyncio.Task[None]

    @property
    def done(self) -> bool:
        return self.task.done()

    @property
    def raised(self) -> BaseException | None:
        """What its task failed with; that it was cancelled is no failure."""
        return None if self.task.cancelled() else self.task.exception()


class Tasks(ConductedDriver[_TaskCall]):
    """Runs programs of any kind, for asyncio."""

    def __init__(
        self,
        adapter: AnyAsyncAdapter,
        surroundings: Surroundings,
        threads_before: frozenset[int],
    ) -> None:
        self._loop = VirtualLoop()
        self._began_s = self._loop.time()
        super().__init__(surroundings, self._loop)
        self._adapter = adapter
        self._callers = self._task_callers = TaskCallers(adapter, self._program)
        self._kept_replies = KeptReplies(
            self._loop,
            adapter,
            self._program,
            self._task_callers,
            self._calls,
            self._time,
            self._go_on,
        )
        self._threads_before = threads_before
        self._proxy = surroundings.fault_means.proxy
        self._last: Started[None] | None = None

    @property
    def suspensions(self) -> int:
        """How often the last call was suspended whose caller was to be cancelled."""
        return 0 if self._last is None else self._last.suspensions

    def close(self) -> None:
        """Close all pools and end what connections and callers they leave behind."""
        self._log.end()
        self._loop.connects_held = False
        if self._slow_closes is not None:
            self._slow_closes.open()
        self._expect_replies(True)
        # A holder closes its connection: a pool that is closed need not know of it any more.
        for connection in self._callers.holders.left_behind():
            start(self._loop, _let_fail(self._adapter.disconnect(connection)))
        self._let_run()
        for pool in self._account.pools.values():
            start(self._loop, _let_fail(self._adapter.close(pool.handle)))
        self._let_run()
        self._loop.end()
        self._program.end_connections()

    def _carry_out(self, burst: Burst) -> None:
        self._carry_out_at_once(burst.operations, self._go_on)

    def _record_quiescence(self) -> None:
        super()._record_quiescence()
        others = threads_of_pool(self._threads_before)
        if others:
            raise CannotHost(f"a thread of the pool's own is not known to the loop: {others[0]}")

    def _start_own(self, operation: Operation) -> int | None:
        match operation:
            case Limited(Acquire(pool), by, limit_s):
                return self._start_waiting(
                    pool,
                    lambda call: self._task_callers.acquire_within(pool, call, by, limit_s),
                    self._wait_ends_s(pool, limit_s=limit_s),
                )
            case Cancelled(cancelled, at):
                return self._start_cancelled(cancelled, at)
            case Cancel(acquire):
                self._loop.call_soon(self._cancel, acquire)
            case ReleaseUnanswered(acquire):
                self._kept_replies.release(acquire)
            case AwaitReply(acquire, server_s):
                self._kept_replies.wait_for(acquire, server_s)
            case InterruptCommand(pool, "cancel" | "wait_for" | "timeout" as means):
                return self._kept_replies.interrupt_command(
                    pool, means, lambda: self._start_acquire(pool)
                )
            case _:
                raise AssertionError(f"{type(self).__name__} cannot carry out {operation}")
        return None

    def _start_call(
        self,
        pool: str,
        work: Callable[[int], Work],
        end_s: float = inf,
        call: int | None = None,
        at: Cancellation | None = None,
    ) -> int:
        call = next(self._program.numbers) if call is None else call
        token = CALL.set(call)  # the task takes a copy
        started = start(self._loop, let_be_cancelled(work(call)), at)
        CALL.reset(token)
        self._calls.begin(call, _TaskCall(pool, end_s, started.task))
        if at is not None:
            self._last = started
        return call

    def _start_cancelled(self, cancelled: Acquire | Release, at: Cancellation) -> int:
        """Start it, and cancel its caller there: a release before it is suspended at all is made by a
        caller that has been cancelled, on its way out.
        """
        callers = self._task_callers
        if isinstance(cancelled, Acquire):
            pool, within_s = cancelled.pool, cancelled.within_s
            call = self._start_call(
                pool,
                lambda call: callers.acquire(pool, call, within_s=within_s),
                self._wait_ends_s(pool, within_s),
                at=at,
            )
            self._account.wait(call, pool)
            return call
        acquire, to = cancelled.acquire, cancelled.to
        if at.at_suspension > 0:
            return self._start_call(to, lambda call: callers.release(acquire, to, call), at=at)
        return self._start_call(
            to,
            lambda call: callers.release(
                acquire,
                to,
                call,
                called=lambda: callers.ask_to_stop(to, call, asyncio.current_task()),
            ),
        )

    @contextmanager
    def _auth_kept(self) -> Iterator[None]:
        self._loop.replies_held = True
        try:
            yield
        finally:
            self._loop.replies_held = False

    def _cancel(self, call: int) -> None:
        """Cancel a caller, if it has not returned meanwhile."""
        moving = self._calls.moving.get(call)
        if moving is not None and not moving.done:
            self._task_callers.ask_to_stop(moving.pool, call, moving.task)

    def _build(self, pool: str, config: PoolConfig) -> None:
        settings = self._program.settings_of(pool, config)
        built: list[object] = []

        async def build() -> None:
            built.append(await self._adapter.open(settings))

        started = start(self._loop, build())
        self._let_run()
        self._time.pass_until(started.task.done, self._loop.time() + OVERDUE_S)
        if not built:
            raised = started.task.exception() if started.task.done() else None
            raise self._program.cannot_build(settings, raised)
        self._program.note_built(pool, config, built[0])

    def _elapse(self) -> None:
        ends_s = [self._calls.moving[call].end_s for call in self.waiting]
        end_s = min(ends_s, default=inf)
        for _ in range(LOOKS):
            deadline_s = self._loop.next_deadline_s()
            if deadline_s is None:
                return
            if deadline_s >= end_s - MARGIN_S or not ends_s:
                self._loop.advance_to(deadline_s)
                return
            self._time.let_look(deadline_s)

    def _expect_replies(self, due: bool) -> None:
        """What a black hole has swallowed is due for ever, and not waited for."""
        hold_replies(self._loop, self._proxy, all_of_them=not due)

    def _closing(self) -> frozenset[int]:
        """A task of the pool's own that closes may do so for anybody."""
        if not isinstance(self._slow_closes, TaskGate):
            return frozenset()
        held = {context.get(CALL) for context in self._slow_closes.held.values()}
        if held - self._calls.moving.keys():
            return frozenset(self._calls.moving)
        return frozenset(call for call in self._calls.moving if call in held)

    def _connecting(self) -> frozenset[int]:
        """A task of the pool's own that connects may do so for any of those who wait."""
        held = {connect.context.get(CALL) for connect in self._loop.held}
        if held - self._calls.moving.keys():
            return frozenset(self.waiting)
        return frozenset(call for call in self._calls.moving if call in held)

    def _clock_s(self) -> float:
        return self._loop.time()

    def _let_run(self) -> None:
        with shown_by_loop(self._loop.time):
            self._loop.run_until_quiet()

    def _now_s(self) -> float:
        return self._loop.time() - self._began_s


async def _let_fail(closing: Awaitable[object]) -> None:
    """Close what the program leaves behind; it is over, and how this goes is not judged."""
    with suppress(Exception):
        await closing
