"""Callers that are threads. How the threads are run is for the drivers to say."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from types import TracebackType
from typing import ClassVar, Final

from poolproof.spec.model.events import CommandCalled, CommandInterrupted, CommandReturned

from ..adapters.adapter import AnyAdapter
from ..programs.fault_kinds import Means, Signal
from .callers import Callers
from .holders import Work
from .outcomes import shortened
from .program_context import ProgramContext


class Interrupt(KeyboardInterrupt):
    """What a caller is interrupted with. Nobody else raises it."""


class Exit(SystemExit):
    """What a caller is interrupted with as by the handler of a signal that ends the process."""


RAISED: Final[Mapping[Signal, type[Interrupt | Exit]]] = {
    "KeyboardInterrupt": Interrupt,
    "SystemExit": Exit,
}


class ThreadCallers(Callers):
    """The calls of a program, each to be run through by a thread."""

    cancelled: ClassVar[type[BaseException]] = Interrupt

    def __init__(
        self,
        adapter: AnyAdapter,
        program: ProgramContext,
        control_s: Callable[[int, float], float] | None = None,
    ) -> None:
        super().__init__(adapter, program, control_s)
        self._enter = adapter.block

    async def wait_in_a_client(self, pool: str, call: int, key: str) -> None:
        """Give a command to a client, whose reply comes when something is put under the key."""
        client = self._client(pool)
        self._note(CommandCalled(self._now_s(), pool, call))
        try:
            reply = client.execute_command("BLPOP", key, 0)
        except (Interrupt, Exit) as raised:
            by = next(signal for signal, kind in RAISED.items() if isinstance(raised, kind))
            self._note(CommandInterrupted(self._now_s(), pool, call, by, outstanding=True))
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller has no reply
            error = self._library.error(raised)
            at_s = self._now_s()
            if error.is_timeout_error:
                self._note(CommandInterrupted(at_s, pool, call, "socket_timeout", outstanding=True))
            else:
                self._note(CommandReturned(at_s, pool, call, error=error))
        else:
            named = reply[0] if isinstance(reply, list | tuple) and reply else None
            own = named in (key, key.encode())
            foreign = "" if own else f"BLPOP {key} was answered with {shortened(reply)}"
            self._note(CommandReturned(self._now_s(), pool, call, foreign))

    async def _result_of(self, result: object) -> object:
        return result

    def _block(self, handle: object) -> AbstractAsyncContextManager[object]:
        return _Block(self._enter(handle))

    def _note_cancelled(self, pool: str, call: int, by: Means) -> None:
        """Whoever interrupts a thread notes it."""

    async def _take(
        self, pool: str, call: int, connection: object, at_s: float, asked: Callable[[], object]
    ) -> None:
        try:
            await self._result_of(self._adapter.send(connection, "CLIENT", "ID"))
            asked()
            reply = await self._result_of(self._adapter.receive(connection))
        except Interrupt:
            trouble = "its caller was interrupted before it could use it"
            self._outcomes.useless(pool, call, connection, trouble, at_s)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            trouble = self._outcomes.raised("CLIENT ID", raised)
            self._outcomes.useless(pool, call, connection, trouble, at_s)
        else:
            self._outcomes.acquired(pool, call, connection, reply, at_s)


class _Block(AbstractAsyncContextManager[object]):
    """A block for threads, in the dress of one for tasks."""

    def __init__(self, block: AbstractContextManager[object]) -> None:
        self._block = block

    async def __aenter__(self) -> object:
        return self._block.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return self._block.__exit__(kind, raised, traceback)


class WaitsForALoop(Exception):
    """What is for threads waits for an event loop, of which there is none."""


def run_through(work: Work) -> None:
    """Run a coroutine that waits for nothing, in this thread. Raises what it raises."""
    with suppress(StopIteration):
        work.send(None)
        work.close()
        raise WaitsForALoop
