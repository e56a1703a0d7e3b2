"""A thread that never comes to a wait of ours is noticed."""

import threading
import time
from collections.abc import Callable
from types import CodeType

import pytest

from poolproof.conformance.engines.threads import START_S, CannotHost, Scheduler, install

WATCHDOG_S = 0.3


def is_test_code(code: CodeType) -> bool:
    return code.co_filename == __file__


def spin(stop: threading.Event) -> None:
    while not stop.is_set():
        pass


def busy_trial(lock: threading.Lock) -> None:
    while not lock.acquire(False):
        pass


def busy_clock(until_s: float) -> None:
    while time.monotonic() < until_s:
        pass


def busy_yield() -> None:
    while True:
        time.sleep(0)


def test_a_thread_that_goes_in_circles_cannot_be_hosted(scheduler: Scheduler) -> None:
    held = threading.Lock()
    held.acquire()
    works: list[Callable[[], None]] = [
        lambda: busy_trial(held),
        lambda: busy_clock(START_S + 1),
        busy_yield,
    ]
    for work in works:
        circling = Scheduler(is_test_code)
        circling.start(work)
        with pytest.raises(CannotHost, match=r"in circles(.|\n)*busy_"):
            circling.run()
        with pytest.raises(CannotHost):
            circling.run()


def test_a_thread_that_only_computes_cannot_be_hosted_for_long(scheduler: Scheduler) -> None:
    stop = threading.Event()
    spinning = Scheduler(is_test_code, watchdog_s=WATCHDOG_S)
    spinning.start(lambda: spin(stop))
    with pytest.raises(CannotHost, match=r"(.|\n)*spin"):
        spinning.run()
    stop.set()


def test_a_thread_that_blocks_in_c_cannot_be_hosted() -> None:
    hidden = threading.Lock()
    hidden.acquire()

    def block_outside() -> None:
        hidden.acquire()

    with install():
        scheduler = Scheduler(is_test_code, watchdog_s=WATCHDOG_S)
        scheduler.start(block_outside)
        started = time.monotonic()
        with pytest.raises(CannotHost, match=r"(.|\n)*block_outside"):
            scheduler.run()
        assert time.monotonic() - started < 30 * WATCHDOG_S
        hidden.release()
        # Others still can.
        with Scheduler(is_test_code) as another:
            task = another.start(lambda: None)
            another.run()
            assert task.done
