"""The module `time` and `socket.connect`, as they are for conducted threads."""

import socket
from typing import TYPE_CHECKING

from . import real
from .scheduler import never
from .task import controlled

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

EPOCH_S = 1_000_000_000.0
"""What the wall clock shows to conducted threads when the virtual clock shows 0."""


def monotonic() -> float:
    """As `time` has it."""
    task = controlled()
    return real.monotonic() if task is None else task.scheduler.read_clock(task)


def monotonic_ns() -> int:
    """As `time` has it."""
    task = controlled()
    return real.monotonic_ns() if task is None else _ns(task.scheduler.read_clock(task))


def perf_counter() -> float:
    """As `time` has it."""
    task = controlled()
    return real.perf_counter() if task is None else task.scheduler.read_clock(task)


def perf_counter_ns() -> int:
    """As `time` has it."""
    task = controlled()
    return real.perf_counter_ns() if task is None else _ns(task.scheduler.read_clock(task))


def wall_clock() -> float:
    """As `time.time` is."""
    task = controlled()
    return real.wall_clock() if task is None else EPOCH_S + task.scheduler.read_clock(task)


def wall_clock_ns() -> int:
    """As `time.time_ns` is."""
    task = controlled()
    if task is None:
        return real.wall_clock_ns()
    return _ns(EPOCH_S) + _ns(task.scheduler.read_clock(task))


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
        task.scheduler.connects.pass_through()
    real.connect(connecting, address)


def _ns(seconds: float) -> int:
    return round(seconds * 1_000_000_000)
