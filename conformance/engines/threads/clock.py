"""The module `time` and `socket.connect`, as they are for conducted threads."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...isolation import real
from .scheduler import never
from .task import controlled

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

EPOCH_S = 1_000_000_000.0
"""What the wall clock shows when the virtual clock shows 0."""


class _Loop:
    """Which loop shows its time to the thread that runs it."""

    def __init__(self) -> None:
        self.time: Callable[[], float] | None = None
        self.thread = 0


_loop = _Loop()


@contextmanager
def shown_by_loop(time: Callable[[], float]) -> Iterator[None]:
    """For as long as this lasts, this thread sees the time of an event loop."""
    _loop.time, _loop.thread = time, real.get_ident()
    try:
        yield
    finally:
        _loop.time = None


def _virtual_s() -> float | None:
    """The time by a virtual clock, if the calling thread is to see one."""
    task = controlled()
    if task is not None:
        return task.scheduler.read_clock(task)
    if _loop.time is not None and _loop.thread == real.get_ident():
        return _loop.time()
    return None


def monotonic() -> float:
    """As `time` has it."""
    now_s = _virtual_s()
    return real.monotonic() if now_s is None else now_s


def monotonic_ns() -> int:
    """As `time` has it."""
    now_s = _virtual_s()
    return real.monotonic_ns() if now_s is None else _ns(now_s)


def perf_counter() -> float:
    """As `time` has it."""
    now_s = _virtual_s()
    return real.perf_counter() if now_s is None else now_s


def perf_counter_ns() -> int:
    """As `time` has it."""
    now_s = _virtual_s()
    return real.perf_counter_ns() if now_s is None else _ns(now_s)


def wall_clock() -> float:
    """As `time.time` is."""
    now_s = _virtual_s()
    return real.wall_clock() if now_s is None else EPOCH_S + now_s


def wall_clock_ns() -> int:
    """As `time.time_ns` is."""
    now_s = _virtual_s()
    return real.wall_clock_ns() if now_s is None else _ns(EPOCH_S) + _ns(now_s)


def sleep(seconds: float, /) -> None:
    """As `time` has it: parks until the clock has been advanced so far."""
    task = controlled()
    if task is not None and seconds == 0:
        task.scheduler.yield_turn(task)
        return
    if task is None or not seconds > 0:
        real.sleep(seconds)
        return
    scheduler = task.scheduler
    deadline_s = scheduler.deadline_after(seconds)
    while scheduler.now_s < deadline_s:
        scheduler.park(task, never, deadline_s, "the end of a sleep")


def connect(
    connecting: socket.socket, address: "tuple[object, ...] | str | ReadableBuffer", /
) -> None:
    """As `socket.socket` has it, behind the scheduler's gate."""
    task = controlled()
    if task is not None:
        try:
            task.scheduler.connects.pass_through()
        except BaseException:
            # The standard library leaves it to the garbage collector, which warns.
            connecting.close()
            raise
    real.connect(connecting, address)


def _ns(seconds: float) -> int:
    return round(seconds * 1_000_000_000)
