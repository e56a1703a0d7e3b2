"""What callers do that are tasks. How the tasks are run is for the driver to say."""

import asyncio
from asyncio import CancelledError
from collections.abc import Callable, Coroutine
from contextlib import suppress
from inspect import isawaitable
from typing import Literal, Protocol, TypeVar, cast

from poolproof.spec.model.events import (
    AcquireCalled,
    AcquireCancelled,
    AcquireFailed,
    CancelCalled,
    CloseCalled,
    CloseReturned,
    CommandCalled,
    CommandInterrupted,
    CommandReturned,
    DisconnectCalled,
    DisconnectReturned,
    LeftUnread,
    ReauthCalled,
    ReauthReturned,
    ReleaseCalled,
    ReleaseCancelled,
    ReleaseReturned,
    Used,
)

from ..adapters.adapter import (
    AdapterError,
    AnyAsyncAdapter,
)
from ..programs.fault_kinds import Means
from .driver import Held, Surroundings
from .outcomes import Outcomes

COMMAND_S = 1.0
"""How long a command may take whose caller has a deadline."""

_Result = TypeVar("_Result")


class Client(Protocol):
    """What is used of a client."""

    async def execute_command(self, *words: str) -> object:
        """Send a command on a connection of the pool, and return the reply."""
        ...


async def _within(by: Means, work: Coroutine[object, object, _Result]) -> _Result:
    match by:
        case "cancel":
            return await work
        case "wait_for":
            return await asyncio.wait_for(work, COMMAND_S)
        case "timeout":
            async with asyncio.timeout(COMMAND_S):
                return await work


class TaskCallers(Outcomes):
    """The calls of a program, each to be made by a task."""

    def __init__(self, adapter: AnyAsyncAdapter, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._adapter = adapter
        self._asked_to_stop: set[int] = set()
        """The calls of which it is written down already that their callers were cancelled."""
        self._one_at_a_time: dict[int, asyncio.Lock] = {}
        """For each connection. Two holders of one would not even learn which it is; and those of two
        must not wait for each other, since a pool may leave it to the first command to connect.
        """

    async def _acquire(
        self, pool: str, call: int, by: Means = "cancel", within_s: float | None = None
    ) -> None:
        self._log(AcquireCalled(self._now_s(), pool, call, within_s))
        handle = self._pools[pool].handle
        try:
            if within_s is None:
                connection = await self._adapter.acquire(handle)
            else:
                told = self._adapter.acquire_within(handle, within_s)
                connection = await told if isawaitable(told) else told
        except CancelledError:
            self._note_told(pool, call, by)
            self._log(AcquireCancelled(self._now_s(), pool, call))
            raise
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller has no connection
            error = self._library.error(raised)
            self._log(AcquireFailed(self._now_s(), pool, call, error, exact=self.exact))
        else:
            await self._take(pool, call, connection, self._now_s())

    async def _acquire_within(
        self, pool: str, call: int, by: Literal["wait_for", "timeout"], limit_s: float
    ) -> None:
        if by == "wait_for":
            await asyncio.wait_for(self._acquire(pool, call, by), limit_s)
        else:
            async with asyncio.timeout(limit_s):
                await self._acquire(pool, call, by)

    def _ask_to_stop(self, pool: str, call: int, task: asyncio.Task[None] | None) -> None:
        """Cancel a caller, who will be told at the suspension that it is at, or at its next."""
        self._note_cancel(pool, call, "cancel")
        self._asked_to_stop.add(call)
        if task is not None:
            task.cancel()

    def _note_told(self, pool: str, call: int, by: Means) -> None:
        """A caller was told that it is cancelled, which may be written down already."""
        if call not in self._asked_to_stop:
            self._note_cancel(pool, call, by)

    def _note_cancel(self, pool: str, call: int, by: Means) -> None:
        self._log(CancelCalled(self._now_s(), pool, call, by))

    async def _take(self, pool: str, call: int, connection: object, at_s: float) -> None:
        """Note a connection that was handed out, under the number that the server knows it by.

        The caller has it from now on, whether or not it is cancelled while it asks for the number.
        """
        self.holding[call] = Held(pool, connection, None)
        asking = asyncio.ensure_future(self._number(connection))
        while not asking.done():
            try:
                await asyncio.shield(asking)
            except CancelledError:
                continue
            except Exception:  # noqa: BLE001 - it is looked at below
                break
        raised = asking.exception()
        if raised is not None:
            trouble = self._raised("CLIENT ID", raised)
            self._note_useless(pool, call, connection, trouble, at_s)
        else:
            self._note_acquired(pool, call, connection, asking.result(), at_s)

    async def _number(self, connection: object) -> object:
        async with self._one_at_a_time.setdefault(id(connection), asyncio.Lock()):
            await self._adapter.send(connection, "CLIENT", "ID")
            return await self._adapter.receive(connection)

    async def _release(
        self, acquire: int, to: str, call: int, *, while_cancelled: bool = False
    ) -> None:
        """Release; if `while_cancelled`, as one who does so on the way out, having been cancelled."""
        held = self._let_go(acquire, to)
        self._log(ReleaseCalled(self._now_s(), to, call, acquire))
        if while_cancelled:
            self._ask_to_stop(to, call, asyncio.current_task())
        error = None
        try:
            await self._adapter.release(self._pools[to].handle, held.connection)
        except CancelledError:
            self._note_told(to, call, "cancel")
            self._log(ReleaseCancelled(self._now_s(), to, call, acquire))
            raise
        except BaseException as raised:  # noqa: BLE001 - a pool may refuse with any error
            error = self._library.error(raised)
        self._log(ReleaseReturned(self._now_s(), to, call, acquire, error))

    async def _use(self, acquire: int) -> None:
        held = self._held(acquire)
        word = f"{self._settings.client_name}-{next(self._calls)}"
        try:
            await self._adapter.send(held.connection, "ECHO", word)
            reply = await self._adapter.receive(held.connection)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._note_trouble(acquire, held, "ECHO", raised)
        else:
            self._note_echo(acquire, held, word, reply)

    async def _write(self, acquire: int) -> None:
        held = self._held(acquire)
        try:
            await self._adapter.send(held.connection, *self._something_to_write())
            await self._adapter.receive(held.connection)
        except Exception as raised:  # noqa: BLE001 - the server refuses it, or the connection fails
            self._note_written(acquire, held, raised)
        else:
            self._log(Used(self._now_s(), held.pool, acquire))

    async def _write_by_client(self, pool: str, call: int) -> None:
        self._log(CommandCalled(self._now_s(), pool, call))
        error = None
        try:
            await self._client(pool).execute_command(*self._something_to_write())
        except CancelledError:
            raise
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller is told
            error = self._library.error(raised)
        self._log(CommandReturned(self._now_s(), pool, call, error=error))

    async def _send_only(self, acquire: int, key: str) -> None:
        """Send a command, and leave its reply unread."""
        held = self._held(acquire)
        try:
            await self._adapter.send(held.connection, "GET", key)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._note_trouble(acquire, held, "GET", raised)
        else:
            self._log(LeftUnread(self._now_s(), held.pool, acquire, f"GET {key}"))

    async def _drop(self, acquire: int) -> None:
        held = self._held(acquire)
        try:
            await self._adapter.disconnect(held.connection)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._note_trouble(acquire, held, "closing it", raised)
        else:
            self._note_dropped(acquire, held)

    async def _forget(self, acquire: int) -> None:
        self._let_collect(acquire)

    async def _close_pool(self, pool: str, call: int, grace_s: float | None = None) -> None:
        self._log(CloseCalled(self._now_s(), pool, call, grace_s))
        handle = self._pools[pool].handle
        error = None
        try:
            if grace_s is None:
                await self._adapter.close(handle)
            else:
                closing = self._adapter.close_gracefully(handle, grace_s)
                if isawaitable(closing):
                    await closing
        except BaseException as raised:  # noqa: BLE001 - a pool may raise anything
            error = self._library.error(raised)
        self.closed.add(pool)
        self._log(CloseReturned(self._now_s(), pool, call, error))

    async def _reauthenticate(self, pool: str, call: int) -> None:
        self._log(ReauthCalled(self._now_s(), pool, call))
        handle, error = self._pools[pool].handle, None
        try:
            result = self._adapter.re_authenticate(handle, *self._credentials())
            if isawaitable(result):
                await result
        except BaseException as raised:  # noqa: BLE001 - a pool may raise anything
            error = self._library.error(raised)
        self._log(ReauthReturned(self._now_s(), pool, call, error))

    async def _disconnect_pool(self, pool: str, call: int) -> None:
        self._log(DisconnectCalled(self._now_s(), pool, call))
        error = None
        try:
            result = self._adapter.disconnect_pool(self._pools[pool].handle)
            if isawaitable(result):
                await result
        except BaseException as raised:  # noqa: BLE001 - a pool may raise anything
            error = self._library.error(raised)
        self._log(DisconnectReturned(self._now_s(), pool, call, error))

    async def _command(self, pool: str, call: int, by: Means, key: str) -> None:
        """Give a command to a client, which is to be interrupted by these means."""
        client = self._client(pool)
        self._log(CommandCalled(self._now_s(), pool, call))
        try:
            reply = await _within(by, client.execute_command("GET", key))
        except (CancelledError, TimeoutError):
            self._log(CommandInterrupted(self._now_s(), pool, call, by, outstanding=True))
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller has no reply
            error = self._library.error(raised)
            self._log(CommandReturned(self._now_s(), pool, call, error=error))
        else:
            self._note_reply(pool, call, key, reply)

    def _client(self, pool: str) -> Client:
        """A client that uses the pool."""
        make_client = cast("Callable[..., Client]", self._library.client)
        return make_client(connection_pool=self._pools[pool].handle)

    async def _run_block(self, pool: str, call: int, leave_by: type[BaseException] | None) -> None:
        handle = self._pools[pool].handle
        leaving = None if leave_by is None else leave_by("leaving the block")
        entered = False
        self._log(AcquireCalled(self._now_s(), pool, call))
        try:
            async with self._adapter.block(handle) as connection:
                entered = True
                await self._take(pool, call, connection, self._now_s())
                if leaving is not None:
                    raise leaving
        except BaseException as raised:  # noqa: BLE001 - ours among them
            if not entered or isinstance(raised, AdapterError):
                error = self._library.error(raised)
                self._log(AcquireFailed(self._now_s(), pool, call, error))
                return
        self._note_block_left(pool, call, leave_by)

    async def _let_fail(self, closing: Coroutine[object, object, None]) -> None:
        """Close what the program leaves behind; it is over, and how this goes is not judged."""
        with suppress(Exception):
            await closing
