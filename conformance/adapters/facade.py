"""The facade: a pool of asyncio as threads see it.

Whatever looks at a pool one call at a time is written for threads. For a pool of asyncio it speaks to
a facade, which makes all calls on one event loop, its own, in a thread of its own.

The blocking portal of anyio looks made for this, and will not do. A CancelledError that the pool
raises comes out of it as another exception, and so does a call after the end. And a pool that holds up
its loop keeps the portal's exit waiting for ever, while a facade leaves such a loop behind.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, InvalidStateError, wait
from contextlib import contextmanager, suppress
from inspect import isawaitable
from threading import Lock, Thread
from typing import TypeVar

from poolproof.spec import Capability

from ..isolation.call_with_timeout import THREAD_NAME, NeverReturned
from .adapter import (
    Adapter,
    AnyAdapter,
    AnyAsyncAdapter,
    perform,
    uses_asyncio,
    uses_threads,
)
from .settings import PoolSettings

_Result = TypeVar("_Result")

CLOSE_S = 1.0
"""How long what still runs on a loop may take to end, once it has been cancelled."""


class Facade(Adapter[object, object]):
    """An adapter for threads in front of one for asyncio.

    Any thread may call it, and waits as long as the pool does. It works in a forked child as well, on
    a loop of the child's own; the pools of the parent stay with the parent.
    """

    def __init__(self, adapter: AnyAsyncAdapter) -> None:
        self._adapter = adapter
        self._loops: dict[int, _LoopThread] = {}
        """The loop of each process. A child keeps its parent's: to finalize it would disturb it."""
        self._lock = Lock()
        """Held while a loop is made. It must not be held by another thread when the process forks."""

    def run(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """What `work` returns or raises, called and awaited on the loop."""
        return self._loop().submit(work).result()

    def end(self) -> None:
        """End the loop. Calls that have not returned raise NeverReturned."""
        loop = self._loops.get(os.getpid())
        if loop is not None:
            loop.end()

    def open(self, settings: PoolSettings) -> object:
        """Build a pool on the loop."""
        return self.run(lambda: self._adapter.open(settings))

    def acquire(self, pool: object) -> object:
        """Take a connection, waiting as long as the pool waits."""
        return self.run(lambda: self._adapter.acquire(pool))

    def release(self, pool: object, connection: object) -> None:
        """Give a connection to the pool."""
        self.run(lambda: self._adapter.release(pool, connection))

    def send(self, connection: object, *words: str | float) -> None:
        """Send one command."""
        self.run(lambda: self._adapter.send(connection, *words))

    def receive(self, connection: object) -> object:
        """Wait for the next reply."""
        return self.run(lambda: self._adapter.receive(connection))

    def disconnect(self, connection: object) -> None:
        """Close the connection."""
        self.run(lambda: self._adapter.disconnect(connection))

    def close(self, pool: object) -> None:
        """Close all connections of the pool. The loop goes on."""
        self.run(lambda: self._adapter.close(pool))

    def offers(self, pool: object) -> frozenset[Capability]:
        """Which optional capabilities the pool has."""
        return self._adapter.offers(pool)

    @contextmanager
    def block(self, pool: object) -> Iterator[object]:
        """Hold a connection. One task enters and leaves the pool's block, as one must."""
        entered: Future[object] = Future()
        left: Future[BaseException | None] = Future()

        async def hold() -> object:
            async with self._adapter.block(pool) as connection:
                entered.set_result(connection)
                raised = await asyncio.wrap_future(left)
                if raised is not None:
                    raise raised
            return None

        held = self._loop().submit(hold)
        wait([entered, held], return_when=FIRST_COMPLETED)
        if not entered.done():
            held.result()
        try:
            yield entered.result()
        except BaseException as raised:  # noqa: BLE001 - the pool's block raises it or holds it back
            left.set_result(raised)
        else:
            left.set_result(None)
        held.result()

    def perform(self, capability: Capability, *arguments: object) -> object:
        """Call on the loop what the adapter has for this capability alone."""

        async def call() -> object:
            result = perform(self._adapter, capability, *arguments)
            return await result if isawaitable(result) else result

        return self.run(call)

    def _loop(self) -> "_LoopThread":
        with self._lock:
            if os.getpid() not in self._loops:
                self._loops[os.getpid()] = _LoopThread()
            return self._loops[os.getpid()]


def performed(adapter: AnyAdapter, capability: Capability, *arguments: object) -> object:
    """What comes of the method that an adapter has for a capability alone, wherever it must run."""
    if isinstance(adapter, Facade):
        return adapter.perform(capability, *arguments)
    return perform(adapter, capability, *arguments)


@contextmanager
def usable_by_threads(adapter: AnyAdapter | AnyAsyncAdapter) -> Iterator[AnyAdapter]:
    """The adapter itself if threads can use it, else a facade in front of it for this long."""
    if uses_threads(adapter):
        yield adapter
    elif uses_asyncio(adapter):
        facade = Facade(adapter)
        try:
            yield facade
        finally:
            facade.end()


class _LoopThread:
    """An event loop, and the daemon thread that it runs in until it is ended."""

    def __init__(self) -> None:
        # With a factory the runner makes the loop current in no thread but the one it runs in.
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = self._runner.get_loop()
        self._ending = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._give_up: set[Callable[[], None]] = set()
        """How to give up each call that has not returned."""
        self._has_ended = False
        self._lock = Lock()
        """Guards whether the loop has ended: no call comes in after that."""
        self._thread = Thread(target=self._serve, daemon=True, name=THREAD_NAME)
        self._thread.start()

    def submit(self, work: Callable[[], Awaitable[_Result]]) -> "Future[_Result]":
        """Have this called and awaited, in a task of its own."""
        call: Future[_Result] = Future()

        async def attempt() -> None:
            try:
                result = await work()
            except BaseException as raised:  # noqa: BLE001 - it is raised where it was asked for
                # Also a cancellation, and what would otherwise end the loop.
                _settle(call.set_exception, raised)
            else:
                _settle(call.set_result, result)

        with self._lock:
            if self._has_ended:
                raise NeverReturned("the event loop has ended")
            self._remember(call)
            self._loop.call_soon_threadsafe(self._start, attempt)
        return call

    def end(self) -> None:
        """Cancel what is still running and end the loop; leave it behind if it does not end."""
        with suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(CLOSE_S)
        self._give_up_calls()

    def _serve(self) -> None:
        # A task of the pool's own may raise what ends a loop. All calls raise NeverReturned then.
        with suppress(KeyboardInterrupt, SystemExit), self._runner as runner:
            try:
                runner.run(self._ending.wait())
            finally:
                # First of all: the runner goes on to cancel the tasks, which nobody asked for.
                self._give_up_calls()

    def _start(self, attempt: Callable[[], Coroutine[object, object, None]]) -> None:
        task = self._loop.create_task(attempt())
        # The loop itself does not keep a task alive.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _remember(self, call: "Future[_Result]") -> None:
        def give_up() -> None:
            _settle(call.set_exception, NeverReturned("the event loop has ended"))

        self._give_up.add(give_up)
        call.add_done_callback(lambda _: self._give_up.discard(give_up))

    def _give_up_calls(self) -> None:
        with self._lock:
            self._has_ended = True
        for give_up in list(self._give_up):
            give_up()


def _settle(settle: Callable[[_Result], None], outcome: _Result) -> None:
    """Note how a call ended, if it has not been given up."""
    with suppress(InvalidStateError):
        settle(outcome)
