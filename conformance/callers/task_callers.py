"""Callers that are tasks. How the tasks are run is for the driver to say."""

import asyncio
from asyncio import CancelledError
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from inspect import isawaitable
from typing import ClassVar, Literal, TypeVar

from poolproof.spec.model.events import (
    CancelCalled,
    CommandCalled,
    CommandInterrupted,
    CommandReturned,
)

from ..adapters.adapter import AnyAsyncAdapter
from ..faults.connections.replies import content_of
from ..programs.fault_kinds import Means
from .callers import Callers
from .holders import Work
from .outcomes import shortened
from .program_context import ProgramContext

COMMAND_S = 1.0
"""How long a command may take whose caller has a deadline."""

_Result = TypeVar("_Result")


async def _within(by: Means, limit_s: float, work: Coroutine[object, object, _Result]) -> _Result:
    """Await this, for so long, by these means; those of a caller who is cancelled have no limit."""
    match by:
        case "cancel":
            return await work
        case "wait_for":
            return await asyncio.wait_for(work, limit_s)
        case "timeout":
            async with asyncio.timeout(limit_s):
                return await work


class TaskCallers(Callers):
    """The calls of a program, each to be awaited by a task."""

    cancelled: ClassVar[type[BaseException]] = CancelledError

    def __init__(self, adapter: AnyAsyncAdapter, program: ProgramContext) -> None:
        super().__init__(adapter, program)
        self._enter = adapter.block
        self._asked_to_stop: set[int] = set()
        """The calls of which it is written down already that their callers were cancelled."""
        self._one_at_a_time: dict[int, asyncio.Lock] = {}
        """For each connection. Two holders of one would not even learn which it is; and those of two
        must not wait for each other, since a pool may leave it to the first command to connect.
        """

    async def acquire_within(
        self, pool: str, call: int, by: Literal["wait_for", "timeout"], limit_s: float
    ) -> None:
        """Acquire, and give up after so many seconds by a means of asyncio."""
        await _within(by, limit_s, self.acquire(pool, call, by=by))

    def ask_to_stop(self, pool: str, call: int, task: asyncio.Task[None] | None) -> None:
        """Cancel a caller, who will be told at the suspension that it is at, or at its next."""
        self._note(CancelCalled(self._now_s(), pool, call, "cancel"))
        self._asked_to_stop.add(call)
        if task is not None:
            task.cancel()

    async def command(self, pool: str, call: int, by: Means, key: str) -> None:
        """Ask by a client for what is under the key; that is to be interrupted by these means."""
        client = self._client(pool)
        self._note(CommandCalled(self._now_s(), pool, call))
        try:
            asking = self._result_of(client.execute_command("GET", key))
            reply = await _within(by, COMMAND_S, asking)
        except (CancelledError, TimeoutError):
            self._note(CommandInterrupted(self._now_s(), pool, call, by, outstanding=True))
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller has no reply
            error = self._library.error(raised)
            self._note(CommandReturned(self._now_s(), pool, call, error=error))
        else:
            content = content_of(key)
            own = reply in (content, content.encode())
            foreign = "" if own else f"GET {key} was answered with {shortened(reply)}"
            self._note(CommandReturned(self._now_s(), pool, call, foreign))

    async def _result_of(self, result: object) -> object:
        return await result if isawaitable(result) else result

    def _block(self, handle: object) -> AbstractAsyncContextManager[object]:
        return self._enter(handle)

    def _note_cancelled(self, pool: str, call: int, by: Means) -> None:
        if call not in self._asked_to_stop:
            self._note(CancelCalled(self._now_s(), pool, call, by))

    async def _take(
        self, pool: str, call: int, connection: object, at_s: float, asked: Callable[[], object]
    ) -> None:
        """Note a connection that was handed out, under the number that the server knows it by.

        The caller has it from now on, whether or not it is cancelled while it asks for the number.
        """
        self._account.hand_out(call, pool, connection, None)
        asking = asyncio.ensure_future(self._number(connection, asked))
        while not asking.done():
            try:
                await asyncio.shield(asking)
            except CancelledError:
                continue
            except Exception:  # noqa: BLE001 - it is looked at below
                break
        raised = asking.exception()
        if raised is not None:
            trouble = self._outcomes.raised("CLIENT ID", raised)
            self._outcomes.useless(pool, call, connection, trouble, at_s)
        else:
            self._outcomes.acquired(pool, call, connection, asking.result(), at_s)

    async def _number(self, connection: object, asked: Callable[[], object]) -> object:
        async with self._one_at_a_time.setdefault(id(connection), asyncio.Lock()):
            await self._result_of(self._adapter.send(connection, "CLIENT", "ID"))
            asked()
            return await self._result_of(self._adapter.receive(connection))


async def let_be_cancelled(work: Work) -> None:
    """Let a caller work; that it was cancelled is its own affair."""
    with suppress(asyncio.CancelledError, TimeoutError):
        await work
