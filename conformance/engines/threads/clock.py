"""The module `time` and `socket.connect`, as they are for conducted threads."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ...isolation import real
from .scheduler import never
from .task import controlled

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_Number = TypeVar("_Number", int, float)

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


def _clock(
    original: Callable[[], _Number], shown: Callable[[float], _Number]
) -> Callable[[], _Number]:
    """A clock that shows a virtual time, in its own unit, to threads that are to see one."""

    def read() -> _Number:
        now_s = _virtual_s()
        return original() if now_s is None else shown(now_s)

    return read


def _ns(seconds: float) -> int:
    return round(seconds * 1_000_000_000)


monotonic = _clock(real.monotonic, lambda now_s: now_s)
monotonic_ns = _clock(real.monotonic_ns, _ns)
perf_counter = _clock(real.perf_counter, lambda now_s: now_s)
perf_counter_ns = _clock(real.perf_counter_ns, _ns)
wall_clock = _clock(real.wall_clock, lambda now_s: EPOCH_S + now_s)
wall_clock_ns = _clock(real.wall_clock_ns, lambda now_s: _ns(EPOCH_S) + _ns(now_s))


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
