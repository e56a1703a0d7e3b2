"""Calls into other people's code that may never return.

They are made by daemon threads, so that one that never returns keeps nobody, not even the process.
"""

import heapq
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

_Result = TypeVar("_Result")

THREAD_NAME = "poolproof"
"""What all threads of the kit are called, so that they can be told from a pool's."""

OVERDUE_S = 3.0
"""How much longer than it should a call may take before it is given up."""


class NeverReturned(Exception):
    """A call had not returned when it was given up."""


class NotAnOutcome(Exception):
    """Raised if a call could not be made as it should be: it says nothing of what was called."""


class DaemonExecutor:
    """Daemon threads that make calls.

    Of those that are free the first one made is taken, so that calls which do not overlap are all
    made by the same thread.
    """

    def __init__(self) -> None:
        self._jobs: list[SimpleQueue[Callable[[], None] | None]] = []
        self._free: list[int] = []
        self._lock = Lock()
        """Guards which threads there are and which are free."""

    def submit(self, work: Callable[..., _Result], *arguments: object) -> "Future[_Result]":
        """Have a thread make this call."""
        future: Future[_Result] = Future()
        with self._lock:
            if not self._free:
                self._free.append(len(self._jobs))
                self._jobs.append(SimpleQueue())
                Thread(
                    target=self._serve, args=(self._free[0],), daemon=True, name=THREAD_NAME
                ).start()
            thread = heapq.heappop(self._free)

        def call() -> None:
            try:
                result = work(*arguments)
            except BaseException as raised:  # noqa: BLE001 - it is raised where it was asked for
                self._is_free(thread)
                future.set_exception(raised)
            else:
                self._is_free(thread)
                future.set_result(result)

        self._jobs[thread].put(call)
        return future

    def dismiss(self) -> None:
        """Let every thread end when its call has returned."""
        for jobs in self._jobs:
            jobs.put(None)

    def _is_free(self, thread: int) -> None:
        with self._lock:
            heapq.heappush(self._free, thread)

    def _serve(self, thread: int) -> None:
        while (call := self._jobs[thread].get()) is not None:
            call()


def call_with_timeout(work: Callable[[], _Result], bound_s: float = OVERDUE_S) -> _Result:
    """What `work` returns or raises. Raises NeverReturned when `bound_s` seconds have passed."""
    executor = DaemonExecutor()
    future = executor.submit(work)
    executor.dismiss()
    wait([future], timeout=bound_s)
    if not future.done():
        raise NeverReturned(f"it had not returned after {bound_s:.0f} s")
    return future.result()


def error_of(work: Callable[[], object], bound_s: float = OVERDUE_S) -> BaseException | None:
    """What `work` raises, be it a cancellation or an exit, or NeverReturned; None if it returns.

    Raises NotAnOutcome as `work` does.
    """
    try:
        raised = call_with_timeout(lambda: _raised_by(work), bound_s)
    except NeverReturned as error:
        return error
    if isinstance(raised, NotAnOutcome):
        raise raised
    return raised


def _raised_by(work: Callable[[], object]) -> BaseException | None:
    try:
        work()
    except BaseException as raised:  # noqa: BLE001 - it is what is asked for
        return raised
    return None
