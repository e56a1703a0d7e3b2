"""What callers do with a pool, written once for threads and for asyncio.

Each call is a coroutine. A task awaits it; a thread runs it through, since an adapter for threads
returns when the pool does, so that there is nothing to await.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import ClassVar, Protocol, cast

from poolproof.spec import Capability
from poolproof.spec.model.events import (
    AcquireCalled,
    AcquireCancelled,
    AcquireFailed,
    BlockLeft,
    CloseCalled,
    CloseReturned,
    CommandCalled,
    CommandReturned,
    DisconnectCalled,
    DisconnectReturned,
    Error,
    Event,
    ReauthCalled,
    ReauthReturned,
    ReleaseCalled,
    ReleaseCancelled,
    ReleaseReturned,
)

from ..adapters.adapter import (
    AdapterError,
    AnyAdapter,
    AnyAsyncAdapter,
    perform,
)
from ..programs.fault_kinds import Means
from ..programs.operations import (
    Acquire,
    ClosePool,
    DisconnectPool,
    Operation,
    Release,
    RunBlock,
    WriteByClient,
)
from .holders import CallFor, HolderCalls
from .outcomes import Outcomes
from .program_context import ProgramContext


class CommandSender(Protocol):
    """What is used of a client."""

    def execute_command(self, *words: str | int) -> object:
        """Send a command on a connection of the pool; the reply, or what is awaited for it."""
        ...


def nothing() -> None:
    """Do nothing."""


class Callers(ABC):
    """The calls of one program. Each notes in the log how it comes to its end."""

    cancelled: ClassVar[type[BaseException]]
    """What a caller is cancelled, or interrupted, with."""

    def __init__(
        self,
        adapter: AnyAdapter | AnyAsyncAdapter,
        program: ProgramContext,
        control_s: Callable[[int, float], float] | None = None,
    ) -> None:
        """`control_s` says how long a plain wait took that began with an acquire which failed after
        so many seconds; None if the clock is one by which no wait is ever late.
        """
        self._adapter = adapter
        self._program = program
        self._account = program.account
        self._library = program.library
        self._control_s = control_s
        self._now_s = program.log.now_s
        self._outcomes = Outcomes(program)
        self.holders = HolderCalls(adapter, program, self._result_of)

    def call_for(self, operation: Operation) -> CallFor | None:
        """How a caller carries out an operation that is one plain call; None if it is not."""
        match operation:
            case WriteByClient(pool):
                return pool, lambda call: self.write_by_client(pool, call)
            case RunBlock(pool, leave_by):
                return pool, lambda call: self.run_block(pool, call, leave_by)
            case ClosePool(pool, grace_s):
                if grace_s is None:
                    self._account.close(pool)
                return pool, lambda call: self.close_pool(pool, call, grace_s)
            case DisconnectPool(pool):
                self._account.disconnect(pool)
                return pool, lambda call: self.disconnect_pool(pool, call)
            case _:
                return self.holders.call_for(operation)

    async def acquire(
        self,
        pool: str,
        call: int,
        *,
        within_s: float | None = None,
        by: Means = "cancel",
        asked: Callable[[], object] = nothing,
    ) -> None:
        """Acquire, and find out which connection it is.

        `by` says how the caller is cancelled, if it is; `asked` is called when the number of the
        connection was asked for.
        """
        called_s = self._now_s()
        self._note(AcquireCalled(called_s, pool, call, within_s))
        try:
            connection = await self._acquired(self._account.pools[pool].handle, within_s)
        except self.cancelled:
            self._note_cancelled(pool, call, by)
            self._note(AcquireCancelled(self._now_s(), pool, call))
            raise
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller has no connection
            at_s = self._now_s()
            control_s = 0.0 if self._control_s is None else self._control_s(call, at_s - called_s)
            error, exact = self._library.error(raised), self._control_s is None
            self._note(AcquireFailed(at_s, pool, call, error, control_s, exact=exact))
        else:
            await self._take(pool, call, connection, self._now_s(), asked)

    async def release(
        self,
        acquire: int,
        to: str,
        call: int,
        *,
        inside: int | None = None,
        called: Callable[[], object] = nothing,
    ) -> None:
        """Release to a pool, perhaps in the middle of the call `inside`.

        `called` is called when it is noted that somebody releases.
        """
        held = self._account.let_go(acquire, to)
        self._note(ReleaseCalled(self._now_s(), to, call, acquire, inside))
        called()
        error = None
        try:
            await self._result_of(
                self._adapter.release(self._account.pools[to].handle, held.connection)
            )
        except self.cancelled:
            self._note_cancelled(to, call, "cancel")
            self._note(ReleaseCancelled(self._now_s(), to, call, acquire))
            raise
        except BaseException as raised:  # noqa: BLE001 - a pool may refuse with any error
            error = self._library.error(raised)
        self._note(ReleaseReturned(self._now_s(), to, call, acquire, error))

    async def do_in_turn(self, operations: tuple[Acquire | Release, ...]) -> None:
        """Acquire, or release what was acquired, one after another."""
        for operation in operations:
            call = next(self._program.numbers)
            if isinstance(operation, Acquire):
                await self.acquire(operation.pool, call)
            elif operation.acquire in self._account.holding:
                await self.release(operation.acquire, operation.to, call)

    async def run_block(self, pool: str, call: int, leave_by: type[BaseException] | None) -> None:
        """Hold a connection for the length of a block, and leave it by this exception."""
        handle = self._account.pools[pool].handle
        leaving = None if leave_by is None else leave_by("leaving the block")
        entered = False
        self._note(AcquireCalled(self._now_s(), pool, call))
        try:
            async with self._block(handle) as connection:
                entered = True
                await self._take(pool, call, connection, self._now_s(), nothing)
                if leaving is not None:
                    raise leaving
        except BaseException as raised:  # noqa: BLE001 - ours among them
            if not entered or isinstance(raised, AdapterError):
                error = self._library.error(raised)
                self._note(AcquireFailed(self._now_s(), pool, call, error))
                return
        self._account.let_go(call, pool)
        by = "return" if leave_by is None else leave_by.__name__
        self._note(BlockLeft(self._now_s(), pool, call, by))

    async def write_by_client(self, pool: str, call: int) -> None:
        """Give a command that a replica refuses to a client that uses the pool."""
        self._note(CommandCalled(self._now_s(), pool, call))
        error = None
        try:
            written = self._program.replies.something_to_write()
            await self._result_of(self._client(pool).execute_command(*written))
        except self.cancelled:
            raise
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller is told
            error = self._library.error(raised)
        self._note(CommandReturned(self._now_s(), pool, call, error=error))

    async def close_pool(self, pool: str, call: int, grace_s: float | None = None) -> None:
        """Close a pool, for good."""
        self._note(CloseCalled(self._now_s(), pool, call, grace_s))
        handle = self._account.pools[pool].handle
        error = await self._error_of(
            lambda: (
                self._adapter.close(handle)
                if grace_s is None
                else perform(self._adapter, Capability.GRACEFUL_CLOSE, handle, grace_s)
            )
        )
        self._account.close(pool)
        self._note(CloseReturned(self._now_s(), pool, call, error))

    async def disconnect_pool(self, pool: str, call: int) -> None:
        """Have a pool close its connections, and go on."""
        self._note(DisconnectCalled(self._now_s(), pool, call))
        handle = self._account.pools[pool].handle
        error = await self._error_of(lambda: perform(self._adapter, Capability.DISCONNECT, handle))
        self._note(DisconnectReturned(self._now_s(), pool, call, error))

    async def reauthenticate(self, pool: str, call: int) -> None:
        """Tell a pool of new credentials, which are the old ones."""
        self._note(ReauthCalled(self._now_s(), pool, call))
        handle, credentials = self._account.pools[pool].handle, self._program.credentials
        error = await self._error_of(
            lambda: perform(self._adapter, Capability.REAUTHENTICATION, handle, *credentials)
        )
        self._note(ReauthReturned(self._now_s(), pool, call, error))

    @abstractmethod
    async def _result_of(self, result: object) -> object:
        """What came back from an adapter or a client, when it is there."""

    @abstractmethod
    def _block(self, handle: object) -> AbstractAsyncContextManager[object]:
        """The pool's block that holds a connection."""

    @abstractmethod
    async def _take(
        self, pool: str, call: int, connection: object, at_s: float, asked: Callable[[], object]
    ) -> None:
        """Note a connection that was handed out, under the number that the server knows it by."""

    @abstractmethod
    def _note_cancelled(self, pool: str, call: int, by: Means) -> None:
        """Note that a caller learns of it that it is cancelled, if that was not noted before."""

    async def _acquired(self, handle: object, within_s: float | None) -> object:
        if within_s is None:
            return await self._result_of(self._adapter.acquire(handle))
        return await self._result_of(
            perform(self._adapter, Capability.CALL_TIMEOUT, handle, within_s)
        )

    async def _error_of(self, work: Callable[[], object]) -> Error | None:
        try:
            await self._result_of(work())
        except BaseException as raised:  # noqa: BLE001 - a pool may raise anything
            return self._library.error(raised)
        return None

    def _client(self, pool: str) -> CommandSender:
        """A client that uses the pool."""
        make_client = cast("Callable[..., CommandSender]", self._library.client)
        return make_client(connection_pool=self._account.pools[pool].handle)

    def _note(self, event: Event) -> None:
        self._program.log.add(event)
