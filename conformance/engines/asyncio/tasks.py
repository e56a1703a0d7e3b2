"""The driver for asyncio: callers are tasks of a loop whose clock is virtual.

The loop knows when nothing can move any more, also while a real server takes its time to answer; so
this driver is certain. It cancels callers at any suspension, and also in the gap between the end of
what a task waits for and the moment it goes on.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from math import inf

from poolproof.spec.model.events import PoolConfig, ReleaseCalled

from ...adapters.adapter import AnyAsyncAdapter
from ...callers.calls import TaskCall
from ...callers.driver import Surroundings
from ...callers.task_callers import COMMAND_S, TaskCallers
from ...isolation.call_with_timeout import OVERDUE_S
from ...programs.fault_kinds import Means
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
from ..threads import shown_by_loop
from ..threads.threads_of_others import threads_of_pool
from ..virtual_time import LOOKS, MARGIN_S, VirtualTime
from . import Cancellation, CannotHost, Started, VirtualLoop, start
from .held_replies import hold_replies

CALL: ContextVar[int] = ContextVar("CALL")
"""Which call a task works for; the tasks that it starts inherit it."""


class Tasks(TaskCallers, VirtualTime[TaskCall, Coroutine[object, object, None]]):
    """Runs programs of any kind, for asyncio."""

    def __init__(
        self,
        adapter: AnyAsyncAdapter,
        surroundings: Surroundings,
        threads_before: frozenset[int],
    ) -> None:
        super().__init__(adapter, surroundings)
        self._threads_before = threads_before
        self._loop = VirtualLoop()
        self._began_s = self._loop.time()
        self._last: Started[None] | None = None

    @property
    def suspensions(self) -> int:
        """How often the last call was suspended whose caller was to be cancelled."""
        return 0 if self._last is None else self._last.suspensions

    def close(self) -> None:
        """Close all pools and end what connections and callers they leave behind."""
        self._over = True
        self._loop.connects_held = False
        self._hear(nothing=False)
        # Who holds a connection closes it: a pool that is closed need not know of it any more.
        for connection in self._left_behind():
            start(self._loop, self._let_fail(self._adapter.disconnect(connection)))
        self._let_run()
        for pool in self._pools.values():
            start(self._loop, self._let_fail(self._adapter.close(pool.handle)))
        self._let_run()
        self._loop.end()
        self._monitor.end_connections(frozenset(pool.client_name for pool in self._pools.values()))

    def run(self, burst: Burst) -> None:
        """Run a burst until nothing moves any more. A release that has not returned then never will."""
        super().run(burst)
        others = threads_of_pool(self._threads_before)
        if others:
            raise CannotHost(f"a thread of the pool's own is not known to the loop: {others[0]}")
        self._give_up_who_hangs()

    def _carry_out(self, burst: Burst) -> None:
        call = None
        for operation in burst.operations:
            call = self._start(operation)
        self._go_on()
        if len(burst.operations) == 1:
            self._see_through(call)
        self._let_them_look_again()

    def _start(self, operation: Operation, at: Cancellation | None = None) -> int | None:
        """Start an operation; the call that it makes, if it makes one."""
        match operation:
            case Acquire(pool, within_s):
                return self._start_acquire(
                    pool,
                    lambda call: self._acquire(pool, call, within_s=within_s),
                    at,
                    within_s=within_s,
                )
            case Limited(Acquire(pool), by, limit_s):
                return self._start_acquire(
                    pool, lambda call: self._acquire_within(pool, call, by, limit_s), at, limit_s
                )
            case Release(acquire, to):
                now = at is not None and at.at_suspension == 0
                return self._start_call(
                    to,
                    lambda call: self._release(acquire, to, call, while_cancelled=now),
                    at=None if now else at,
                )
            case Cancelled(cancelled, at):
                return self._start(cancelled, at)
            case Cancel(acquire):
                self._loop.call_soon(self._cancel, acquire)
            case ReleaseUnanswered(acquire):
                self._release_unanswered(acquire)
            case AwaitReply(acquire, server_s):
                self._await_reply(acquire, server_s)
            case InterruptCommand(pool, "cancel" | "wait_for" | "timeout" as means):
                return self._interrupt_command(pool, means)
            case _:
                return super()._start(operation)
        return None

    def _start_call(
        self,
        pool: str,
        work: Callable[[int], Coroutine[object, object, None]],
        end_s: float = inf,
        at: Cancellation | None = None,
    ) -> int:
        call = next(self._calls)
        token = CALL.set(call)  # the task takes a copy
        started = start(self._loop, self._caller(work(call)), at)
        CALL.reset(token)
        self._moving[call] = TaskCall(pool, end_s, started.task)
        if at is not None:
            self._last = started
        return call

    async def _caller(self, work: Coroutine[object, object, None]) -> None:
        """Let a caller work; that it was cancelled is its own affair."""
        with suppress(asyncio.CancelledError, TimeoutError):
            await work

    def _start_acquire(
        self,
        pool: str,
        work: Callable[[int], Coroutine[object, object, None]],
        at: Cancellation | None,
        limit_s: float = inf,
        within_s: float | None = None,
    ) -> int:
        timeout_s = self._pools[pool].config.timeout_s if within_s is None else within_s
        wait_s = limit_s if timeout_s is None else min(timeout_s, limit_s)
        end_s = self._loop.time() + wait_s
        call = self._start_call(pool, work, end_s, at)
        self.waiting[call] = pool
        return call

    def _start_release(self, acquire: int, to: str) -> int:
        return self._start_call(to, lambda call: self._release(acquire, to, call))

    def _start_asking(self, pool: str) -> int:
        return self._start_acquire(pool, lambda call: self._acquire(pool, call), None)

    @contextmanager
    def _auth_kept(self) -> Iterator[None]:
        self._loop.replies_held = True
        try:
            yield
        finally:
            self._loop.replies_held = False

    def _cancel(self, call: int) -> None:
        """Cancel a caller, if it has not returned meanwhile."""
        moving = self._moving.get(call)
        if moving is not None and not moving.done:
            self._ask_to_stop(moving.pool, call, moving.task)

    def _build(self, pool: str, config: PoolConfig) -> None:
        settings = self._settings_of(pool, config)
        built: list[object] = []

        async def build() -> None:
            built.append(await self._adapter.open(settings))

        started = start(self._loop, build())
        self._let_run()
        self._pass_until(started.task.done, self._loop.time() + OVERDUE_S)
        if not built:
            raised = started.task.exception() if started.task.done() else None
            raise self._cannot_build(settings, raised)
        self._built(pool, config, built[0])

    def _elapse(self) -> None:
        """Let the time pass until the next of the callers who wait has waited long enough.

        Those who look again from time to time do so on the way.
        """
        ends_s = [self._moving[call].end_s for call in self.waiting]
        end_s = min(ends_s, default=inf)
        for _ in range(LOOKS):
            deadline_s = self._loop.next_deadline_s()
            if deadline_s is None:
                return
            self._loop.advance_to(deadline_s)
            if deadline_s >= end_s - MARGIN_S or not ends_s:
                return
            self._somebody_looks = True
            self._go_on()

    def _release_unanswered(self, acquire: int) -> None:
        """Release while the server owes a reply, which reaches nobody until the release has returned
        or nothing moves any more.
        """
        held = self._let_go_unanswered(acquire)
        call = next(self._calls)
        key = self._silent_key(call)
        self._loop.replies_held = True
        sent = self._do(self._adapter.send(held.connection, "BLPOP", key, 0))
        failed = sent.exception() if sent.done() else TimeoutError("it was not sent")
        if failed is not None:
            self._loop.replies_held = False
            self._note_trouble(acquire, held, "BLPOP", failed)
            return
        self._log(ReleaseCalled(self._now_s(), held.pool, call, acquire))
        handle = self._pools[held.pool].handle
        releasing = self._do(self._adapter.release(handle, held.connection))
        waits = not releasing.done()
        self._let_it_reply(key)
        if not releasing.done():
            self._give_up(held.pool, call, 0.0)
            return
        self._note_unanswered(acquire, held, call, releasing.exception(), waited=waits)

    def _await_reply(self, acquire: int, server_s: float) -> None:
        """Wait for a reply that comes only when `server_s` seconds have passed."""
        held = self._held(acquire)
        self.retired.add(held.pool)
        key = self._silent_key(next(self._calls))
        began_s = self._loop.time()
        ended_s: list[float] = []

        async def send_and_receive() -> None:
            try:
                await self._adapter.send(held.connection, "BLPOP", key, 0)
                await self._adapter.receive(held.connection)
            finally:
                ended_s.append(self._loop.time())

        self._loop.replies_held = True
        receiving = self._do(send_and_receive())
        self._pass_until(receiving.done, began_s + server_s)
        self._loop.advance_to(max(self._loop.time(), began_s + server_s))
        self._let_it_reply(key)
        if not receiving.done():
            self._give_up(held.pool, next(self._calls), server_s)
            return
        took_s, raised = ended_s[0] - began_s, receiving.exception()
        # A plain wait on this clock is never late.
        control_s = self._pools[held.pool].config.socket_timeout_s or 0.0
        self._note_awaited(acquire, held, server_s, took_s, raised, lambda: control_s)

    def _interrupt_command(self, pool: str, by: Means) -> int:
        """Interrupt a command whose reply is on its way; it arrives after the next caller has asked.

        What has not been sent when nothing moves any more is not interrupted: the caller may have to
        connect first, and that is another matter.
        """
        call = next(self._calls)
        key = f"{self._settings.client_name}-{call}"
        self._say(key)
        self._loop.replies_held = True
        giving = self._do(self._caller(self._command(pool, call, by, key)))
        sent = "get" in self._monitor.last_commands(self._pools[pool].client_name)
        if sent and by == "cancel":
            giving.cancel()
        elif sent:
            self._loop.advance_to(self._loop.time() + COMMAND_S)
        self._let_run()
        newcomer = self._start_acquire(pool, lambda call: self._acquire(pool, call), None)
        self._let_run()
        self._loop.replies_held = False
        self._go_on()
        if not giving.done():
            self._give_up(pool, call, 0.0)
        return newcomer

    def _do(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        started = start(self._loop, work)
        self._let_run()
        return started.task

    def _let_it_reply(self, key: str) -> None:
        """Have the server send the reply that it owes."""
        self._reply(key)
        self._loop.replies_held = False
        self._go_on()

    def _hear(self, *, nothing: bool) -> None:
        """What a black hole has swallowed is due for ever, and not waited for."""
        hold_replies(self._loop, self._proxy, all_of_them=nothing)

    def _connecting(self) -> frozenset[int]:
        """A task of the pool's own that connects may do so for any of those who wait."""
        held = {connect.context.get(CALL) for connect in self._loop.held}
        if held - self._moving.keys():
            return frozenset(self.waiting)
        return frozenset(call for call in self._moving if call in held)

    @property
    def _host(self) -> VirtualLoop:
        return self._loop

    def _clock_s(self) -> float:
        return self._loop.time()

    def _let_run(self) -> None:
        with shown_by_loop(self._loop.time):
            self._loop.run_until_quiet()

    def _now_s(self) -> float:
        return self._loop.time() - self._began_s
