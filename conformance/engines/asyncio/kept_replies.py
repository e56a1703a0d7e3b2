"""Replies that the loop keeps from a caller for a while, so that it must go on without them."""

import asyncio
from collections.abc import Callable, Coroutine

from poolproof.spec.model.events import ReleaseCalled

from ...adapters.adapter import AnyAsyncAdapter
from ...callers.calls import AnyCall, Calls
from ...callers.outcomes import Outcomes
from ...callers.program_context import ProgramContext
from ...callers.task_callers import COMMAND_S, TaskCallers, let_be_cancelled
from ...programs.fault_kinds import Means
from ..virtual_time import VirtualTime
from . import VirtualLoop, start


class KeptReplies:
    """Has callers release, wait, and be interrupted while the server owes them a reply."""

    def __init__(
        self,
        loop: VirtualLoop,
        adapter: AnyAsyncAdapter,
        program: ProgramContext,
        callers: TaskCallers,
        calls: Calls[AnyCall],
        time: VirtualTime,
        go_on: Callable[[], None],
    ) -> None:
        """`go_on` lets everybody go on until nothing moves but the clock."""
        self._loop = loop
        self._adapter = adapter
        self._program = program
        self._callers = callers
        self._calls = calls
        self._time = time
        self._go_on = go_on
        self._log = program.log
        self._account = program.account
        self._outcomes = Outcomes(program)

    def release(self, acquire: int) -> None:
        """Release while the server owes a reply, which reaches nobody until the release has returned
        or nothing moves any more.
        """
        held = self._account.let_go_unanswered(acquire)
        call = next(self._program.numbers)
        key = self._program.replies.silent_key(call)
        self._loop.replies_held = True
        sent = self._do(self._adapter.send(held.connection, "BLPOP", key, 0))
        failed = sent.exception() if sent.done() else TimeoutError("it was not sent")
        if failed is not None:
            self._loop.replies_held = False
            self._outcomes.trouble(acquire, held, "BLPOP", failed)
            return
        self._log.add(ReleaseCalled(self._log.now_s(), held.pool, call, acquire))
        handle = self._account.pools[held.pool].handle
        releasing = self._do(self._adapter.release(handle, held.connection))
        waits = not releasing.done()
        self._let_it_reply(key)
        if not releasing.done():
            self._calls.give_up(held.pool, call, 0.0)
            return
        self._outcomes.unanswered(acquire, held, call, releasing.exception(), waited=waits)

    def wait_for(self, acquire: int, server_s: float) -> None:
        """Wait for a reply that comes only when `server_s` seconds have passed."""
        held = self._account.held(acquire)
        self._account.retire(held.pool)
        key = self._program.replies.silent_key(next(self._program.numbers))
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
        self._time.pass_until(receiving.done, began_s + server_s)
        self._loop.advance_to(max(self._loop.time(), began_s + server_s))
        self._let_it_reply(key)
        if not receiving.done():
            self._calls.give_up(held.pool, next(self._program.numbers), server_s)
            return
        took_s, raised = ended_s[0] - began_s, receiving.exception()
        # A plain wait on this clock is never late.
        control_s = self._account.pools[held.pool].config.socket_timeout_s or 0.0
        self._outcomes.awaited(acquire, held, server_s, took_s, raised, lambda: control_s)

    def interrupt_command(self, pool: str, by: Means, start_newcomer: Callable[[], int]) -> int:
        """Interrupt a command whose reply is on its way; it arrives after the next caller has asked.

        Returns the acquire of that caller, whom `start_newcomer` starts. What has not been sent when
        nothing moves any more is not interrupted: the caller may have to connect first, and that is
        another matter.
        """
        call = next(self._program.numbers)
        key = self._program.replies.with_something_under_it(call)
        self._loop.replies_held = True
        giving = self._do(let_be_cancelled(self._callers.command(pool, call, by, key)))
        name = self._account.pools[pool].client_name
        sent = "get" in self._program.monitor.last_commands(name)
        if sent and by == "cancel":
            giving.cancel()
        elif sent:
            self._loop.advance_to(self._loop.time() + COMMAND_S)
        self._go_on()
        newcomer = start_newcomer()
        self._go_on()
        self._loop.replies_held = False
        self._go_on()
        if not giving.done():
            self._calls.give_up(pool, call, 0.0)
        return newcomer

    def _do(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        started = start(self._loop, work)
        self._go_on()
        return started.task

    def _let_it_reply(self, key: str) -> None:
        """Have the server send the reply that it owes."""
        self._program.replies.come(key)
        self._loop.replies_held = False
        self._go_on()
