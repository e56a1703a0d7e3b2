"""What the holder of a connection does with it, written once for threads and for asyncio."""

import gc
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import TypeAlias
from weakref import ref

from poolproof.spec.model.events import Dropped, Forgotten, LeftUnread, Used

from ..adapters.adapter import AnyAdapter, AnyAsyncAdapter
from ..programs.operations import Drop, Forget, Operation, Use, Write
from .outcomes import Outcomes, shortened
from .program_context import ProgramContext

Work: TypeAlias = Coroutine[object, object, None]
"""What a caller does."""

CallFor: TypeAlias = tuple[str, Callable[[int], Work]]
"""At which pool, and how, a caller carries out an operation; it is given the number of its call."""


class HolderCalls:
    """The calls of holders, each of which notes in the log how it came to its end."""

    def __init__(
        self,
        adapter: AnyAdapter | AnyAsyncAdapter,
        program: ProgramContext,
        result_of: Callable[[object], Awaitable[object]],
    ) -> None:
        """`result_of` gives what came back from an adapter, when it is there."""
        self._adapter = adapter
        self._account = program.account
        self._library = program.library
        self._replies = program.replies
        self._result_of = result_of
        self._outcomes = Outcomes(program)
        self._note = program.log.add
        self._now_s = program.log.now_s
        self._forgotten: list[ref[object]] = []
        """What was not released, and is referred to by its pool, or by nobody."""

    def call_for(self, operation: Operation) -> CallFor | None:
        """How a holder carries out an operation; None if it is not one of holders."""
        match operation:
            case Use(acquire):
                work = self.use
            case Write(acquire):
                work = self.write
            case Drop(acquire):
                work = self.drop
            case Forget(acquire):
                work = self.forget
            case _:
                return None
        return self._account.held(acquire).pool, lambda _: work(acquire)

    async def use(self, acquire: int) -> None:
        """Send a command on a connection, and read its reply."""
        held = self._account.held(acquire)
        word = self._replies.unused_key()
        try:
            reply = await self._reply_to(held.connection, "ECHO", word)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._outcomes.trouble(acquire, held, "ECHO", raised)
        else:
            own = reply in (word, word.encode())
            trouble = "" if own else f"ECHO {word} was answered with {shortened(reply)}"
            self._note(Used(self._now_s(), held.pool, acquire, trouble))

    async def write(self, acquire: int) -> None:
        """Send a command on a connection that a replica refuses, and read its reply."""
        held = self._account.held(acquire)
        try:
            await self._reply_to(held.connection, *self._replies.something_to_write())
        except Exception as raised:  # noqa: BLE001 - the server refuses it, or the connection fails
            error = self._library.error(raised)
            if error.is_connection_error or error.is_timeout_error:
                self._outcomes.trouble(acquire, held, "SET", raised)
                return
            refusal = f"SET is answered with {error}"
            self._note(Used(self._now_s(), held.pool, acquire, refusal=refusal))
        else:
            self._note(Used(self._now_s(), held.pool, acquire))

    async def send_only(self, acquire: int, key: str) -> None:
        """Ask on a connection for what is under the key, and leave the reply unread."""
        held = self._account.held(acquire)
        try:
            await self._result_of(self._adapter.send(held.connection, "GET", key))
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._outcomes.trouble(acquire, held, "GET", raised)
        else:
            self._note(LeftUnread(self._now_s(), held.pool, acquire, f"GET {key}"))

    async def drop(self, acquire: int) -> None:
        """Close a connection while it is in use."""
        held = self._account.held(acquire)
        try:
            await self._result_of(self._adapter.disconnect(held.connection))
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._outcomes.trouble(acquire, held, "closing it", raised)
        else:
            self._note(Dropped(self._now_s(), held.pool, acquire))

    async def forget(self, acquire: int) -> None:
        """Forget a connection that is in use, and collect whatever nobody refers to any more."""
        holding = self._account.holding
        self._note(Forgotten(self._now_s(), holding[acquire].pool, acquire))
        with warnings.catch_warnings():
            # That it is left open is what is tried here, and not the pool's doing.
            warnings.simplefilter("ignore", ResourceWarning)
            with suppress(TypeError):  # not every class lets itself be referred to weakly
                self._forgotten.append(ref(holding[acquire].connection))
            del holding[acquire]
            gc.collect()

    def left_behind(self) -> list[object]:
        """The connections that nobody has released, as far as there are any left."""
        forgotten = [connection() for connection in self._forgotten]
        held = [held.connection for held in self._account.holding.values()]
        return [*held, *(connection for connection in forgotten if connection is not None)]

    async def _reply_to(self, connection: object, *words: str) -> object:
        await self._result_of(self._adapter.send(connection, *words))
        return await self._result_of(self._adapter.receive(connection))
