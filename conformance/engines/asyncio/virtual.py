"""An asyncio loop whose clock stands still until it is moved, and that knows when it is quiet.

Pools run on it unmodified. Real sockets keep real time, and nothing of it is seen: see waiting.py.
It uses of asyncio's insides what has been the same since Python 3.4: the queue of what is ready, the
heap of timers, and the two methods that make transports.
"""

import asyncio
import heapq
import socket
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass
from math import ulp
from typing import TYPE_CHECKING, Final, TypeVar, TypeVarTuple

from .errors import CannotHost
from .holding import HeldConnect
from .stacks import stacks_of
from .waiting import PATIENCE_S, STEPS, QuietSelector
from .wire import Wire

if TYPE_CHECKING:
    from asyncio import _CoroutineLike
    from socket import _Address, _GetAddrInfoResult

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")

LOOP_START_S: Final = 1024.0
"""What the clock shows first. Not 0, which some take for "never"."""

ENDING_PATIENCE_S: Final = 0.5
"""How long something that is due may take when the run is over and nobody wants it."""

ENDING_ROUNDS: Final = 100
"""How many timers may come due while tasks end, and how often each is told to."""


@dataclass(frozen=True, slots=True)
class Unhandled:
    """An exception that nobody took notice of."""

    message: str
    exception: BaseException | None


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is virtual; what is ready runs in the order in which it became so."""

    # Named in no stub.
    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(
        self,
        *,
        start_s: float = LOOP_START_S,
        patience_s: float = PATIENCE_S,
        steps: int = STEPS,
    ) -> None:
        self._now_s = start_s
        self._is_quiet = False
        self._selecting = QuietSelector(
            self._on_quiet, self._stacks, patience_s=patience_s, steps=steps
        )
        self._holds_connects = False
        self._holds_replies = False
        self._held: list[HeldConnect] = []
        self._tasks: list[asyncio.Task[object]] = []
        self._transports_made: list[asyncio.Transport] = []
        self.unhandled: list[Unhandled] = []
        """What would have been printed: exceptions of callbacks, and of tasks nobody awaited."""
        super().__init__(self._selecting)
        self.set_exception_handler(self._collect)

    def time(self) -> float:
        """What the clock shows."""
        return self._now_s

    @property
    def _clock_resolution(self) -> float:
        """How much too early asyncio lets a timer go off. Who is called a little early looks at the
        clock and waits for the rest: for ever, if it does not go on.
        """
        return ulp(self._now_s)

    @_clock_resolution.setter
    def _clock_resolution(self, _of_real_clock: float) -> None:
        pass

    def run_until_quiet(self) -> None:
        """
        Run until nothing can move but the clock.

        Something may still be on its way that nobody asked for, such as the end of a connection
        that was killed.
        """
        self._selecting.begin()
        self._is_quiet = False
        while not self._is_quiet or self._ready:
            self._is_quiet = False
            self.run_forever()

    def next_deadline_s(self) -> float | None:
        """The earliest timer that is not cancelled."""
        return min(
            (timer.when() for timer in self._scheduled if not timer.cancelled()), default=None
        )

    def advance_to(self, at_s: float) -> None:
        """
        Move the clock.

        The timers that are due are ready at once: what became ready before runs before them, what
        becomes ready from now on runs after them.
        """
        if at_s < self._now_s:
            raise ValueError(f"the clock shows {self._now_s}, and does not go back to {at_s}")
        self._now_s = at_s
        later: list[asyncio.TimerHandle] = []
        while self._scheduled and self._scheduled[0].when() <= at_s:
            timer = heapq.heappop(self._scheduled)
            if timer.cancelled():
                later.append(timer)  # the loop keeps count of these, and drops them itself
            else:
                timer._scheduled = False  # type: ignore[attr-defined]  # noqa: SLF001 - as the loop does when a timer is due
                self._ready.append(timer)
        for timer in later:
            heapq.heappush(self._scheduled, timer)

    @property
    def connects_held(self) -> bool:
        """Whether connects that begin are kept waiting; when it ends, those that wait go on."""
        return self._holds_connects

    @connects_held.setter
    def connects_held(self, held: bool) -> None:
        self._holds_connects = held
        if not held:
            for connect in self._held:
                connect.let_go()

    @property
    def held(self) -> tuple[HeldConnect, ...]:
        """The connects that are being held, first come first."""
        return tuple(self._held)

    @property
    def replies_held(self) -> bool:
        """
        Whether all that servers send is kept from the program, as if it was still on its way.

        The loop is then quiet although replies are due. A `Wire` can also be held by itself.
        """
        return self._holds_replies

    @replies_held.setter
    def replies_held(self, held: bool) -> None:
        self._holds_replies = held
        for wire in self.wires:
            wire.held = held

    @property
    def wires(self) -> tuple[Wire, ...]:
        """The connections that are open, first opened first."""
        return tuple(self._selecting.wires.values())

    @property
    def outstanding(self) -> int:
        """How many replies are still to come, held or not."""
        return sum(wire.outstanding for wire in self.wires)

    def end(self) -> list[str]:
        """
        Cancel what is left, close what is open, and close the loop.

        Returns the names of the tasks that would not end.
        """
        if self.is_closed():
            return []
        self._selecting.patience_s = min(self._selecting.patience_s, ENDING_PATIENCE_S)
        self.connects_held = False
        self.replies_held = False
        with suppress(CannotHost):
            self._end_tasks()
        left = self._pending()
        with suppress(CannotHost):
            self.create_task(self.shutdown_asyncgens(), name="the end of generators")
            self._end_tasks(cancel=False)
        for transport in self._transports_made:
            transport.abort()
        with suppress(CannotHost):
            self.run_until_quiet()
        for wire in self.wires:
            wire.close()
        stubborn = [task.get_name() for task in left if not task.done()]
        self._collect_failures()
        self.close()
        self._tasks.clear()
        self._transports_made.clear()
        return stubborn

    # What asyncio calls.

    def create_task(
        self,
        coro: "_CoroutineLike[_Result]",
        *,
        name: object = None,
        context: Context | None = None,
    ) -> asyncio.Task[_Result]:
        """A task that is kept as long as the run: when it is collected is not left to chance."""
        task = super().create_task(coro, name=name, context=context)
        self._tasks.append(task)
        return task

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - asyncio names it so
        proto: int = 0,
        flags: int = 0,
    ) -> "_GetAddrInfoResult":
        """Asked here and now: servers have numbers or are this machine, and threads have no clock."""
        return socket.getaddrinfo(host, port, family, type, proto, flags)

    async def sock_connect(self, sock: socket.socket, address: "_Address") -> None:
        """Connect, when nobody holds it.

        With one suspension, always: whether a connect that does not block is done at once is up to
        the machine.
        """
        if self._holds_connects:
            await self._hold(address)
        await asyncio.sleep(0)
        sock.settimeout(self._selecting.patience_s)
        try:
            sock.connect(address)
        finally:
            sock.setblocking(False)

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[*_Arguments], _Result],
        *args: *_Arguments,
    ) -> asyncio.Future[_Result]:
        """Make a call in another thread; until it returns, the loop is not quiet."""
        future = super().run_in_executor(executor, func, *args)
        self._selecting.elsewhere += 1
        future.add_done_callback(self._back_from_elsewhere)
        return future

    def _make_socket_transport(
        self,
        sock: socket.socket,
        protocol: asyncio.BaseProtocol,
        waiter: "asyncio.Future[None] | None" = None,
        *,
        extra: dict[str, object] | None = None,
        server: object = None,
    ) -> asyncio.Transport:
        if server is None:
            sock = wire = Wire(sock, self._on_wire_closed)
            wire.held = self._holds_replies
            self._selecting.wires[wire.number] = wire
        transport: asyncio.Transport = super()._make_socket_transport(  # type: ignore[misc]  # named in no stub
            sock, protocol, waiter, extra=extra, server=server
        )
        self._transports_made.append(transport)
        return transport

    def _make_ssl_transport(self, *_: object, **__: object) -> asyncio.Transport:
        raise CannotHost("what is encrypted cannot be counted; connect without TLS")

    # Our own.

    async def _hold(self, address: object) -> None:
        held = HeldConnect(
            address, asyncio.current_task(self), copy_context(), self.create_future()
        )
        self._held.append(held)
        try:
            await held.gate
        finally:
            self._held.remove(held)

    def _on_quiet(self) -> None:
        self._is_quiet = True
        self.stop()

    def _on_wire_closed(self, wire: Wire) -> None:
        if self._selecting.wires.get(wire.number) is wire:
            del self._selecting.wires[wire.number]

    def _back_from_elsewhere(self, _: object) -> None:
        self._selecting.elsewhere -= 1

    def _pending(self) -> list[asyncio.Task[object]]:
        return [task for task in self._tasks if not task.done()]

    def _stacks(self) -> str:
        return stacks_of(self._pending())

    def _end_tasks(self, *, cancel: bool = True) -> None:
        deadline_s: float | None = None
        for _ in range(ENDING_ROUNDS):
            if deadline_s is not None:
                # What it does while it ends may take its time.
                self.advance_to(max(deadline_s, self._now_s))
            elif cancel:
                for task in self._pending():
                    task.cancel()
            self.run_until_quiet()
            if not self._pending():
                return
            deadline_s = self.next_deadline_s()

    def _collect(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        exception = context.get("exception")
        self.unhandled.append(
            Unhandled(
                str(context.get("message")),
                exception if isinstance(exception, BaseException) else None,
            )
        )

    def _collect_failures(self) -> None:
        """Take what tasks failed with and nobody asked for, rather than wait for their collection."""
        for task in self._tasks:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 - they are returned by name
            elif task._log_traceback and not task.cancelled():  # noqa: SLF001 - True: not yet asked for
                self.unhandled.append(
                    Unhandled(f"{task.get_name()} failed, and nobody asked", task.exception())
                )
