"""Conducted threads wait by the virtual clock, and what keeps them waiting can be seen."""

import queue
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from poolproof.conformance.engines.threads import START_S, Scheduler


def run_to_the_end(scheduler: Scheduler) -> None:
    """Let time pass whenever nothing else can."""
    scheduler.run()
    while (deadline_s := scheduler.next_deadline_s()) is not None:
        scheduler.advance_to(deadline_s)
        scheduler.run()


def wait_for_item(timeout_s: float) -> None:
    items: queue.Queue[int] = queue.Queue()
    with pytest.raises(queue.Empty):
        items.get(timeout=timeout_s)


def wait_for_room(timeout_s: float) -> None:
    items: queue.LifoQueue[int] = queue.LifoQueue(1)
    items.put(1)
    with pytest.raises(queue.Full):
        items.put(2, timeout=timeout_s)


def wait_for_simple_item(timeout_s: float) -> None:
    items: queue.SimpleQueue[int] = queue.SimpleQueue()
    with pytest.raises(queue.Empty):
        items.get(timeout=timeout_s)


def wait_for_condition(timeout_s: float) -> None:
    condition = threading.Condition()
    with condition:
        assert not condition.wait(timeout_s)


def wait_for_event(timeout_s: float) -> None:
    assert not threading.Event().wait(timeout_s)


def wait_for_semaphore(timeout_s: float) -> None:
    assert not threading.Semaphore(0).acquire(timeout=timeout_s)


def wait_for_lock(timeout_s: float) -> None:
    lock = threading.Lock()
    assert lock.acquire()
    assert not lock.acquire(timeout=timeout_s)


def wait_for_another_owner(timeout_s: float) -> None:
    lock = threading.RLock()
    given_up = threading.Event()

    def hold() -> None:
        with lock:
            given_up.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    assert not lock.acquire(timeout=timeout_s)
    given_up.set()
    holder.join()


def wait_for_thread(timeout_s: float) -> None:
    finished = threading.Event()
    thread = threading.Thread(target=finished.wait)
    thread.start()
    thread.join(timeout_s)
    assert thread.is_alive()
    finished.set()
    thread.join()
    assert not thread.is_alive()


def wait_by_sleeping(timeout_s: float) -> None:
    time.sleep(timeout_s)


WAITS = [
    wait_for_item,
    wait_for_room,
    wait_for_simple_item,
    wait_for_condition,
    wait_for_event,
    wait_for_semaphore,
    wait_for_lock,
    wait_for_another_owner,
    wait_for_thread,
    wait_by_sleeping,
]


@pytest.mark.parametrize("timeout_s", [0.25, 0.3, 3600.1])
@pytest.mark.parametrize("wait", WAITS)
def test_a_timed_wait_ends_exactly_when_its_time_is_over(
    scheduler: Scheduler, wait: Callable[[float], None], timeout_s: float
) -> None:
    ended_s = []

    def work() -> None:
        wait(timeout_s)
        ended_s.append(time.monotonic())

    task = scheduler.start(work)
    scheduler.run()
    assert task.parked
    assert scheduler.next_deadline_s() == task.deadline_s
    run_to_the_end(scheduler)
    assert task.done
    assert task.error is None
    assert ended_s == [pytest.approx(START_S + timeout_s, abs=1e-9)]
    if timeout_s == 0.25:
        assert ended_s == [START_S + timeout_s]


def test_a_wait_measured_by_its_difference_never_ends_early(scheduler: Scheduler) -> None:
    shorter = []

    def work(timeout_s: float) -> None:
        started = time.monotonic()
        time.sleep(timeout_s)
        if time.monotonic() - started < timeout_s:
            shorter.append(timeout_s)

    for thousandth in range(1, 1000):
        scheduler.start(partial(work, thousandth / 1000))
    run_to_the_end(scheduler)
    assert not shorter


def test_nothing_ends_before_the_clock_is_advanced(scheduler: Scheduler) -> None:
    tasks = [scheduler.start(lambda: time.sleep(1)), scheduler.start(lambda: time.sleep(2))]
    scheduler.run()
    scheduler.run()
    assert [task.parked for task in tasks] == [True, True]
    scheduler.advance_to(START_S + 1)
    assert tasks[0].parked
    scheduler.run()
    assert [task.done for task in tasks] == [True, False]


def test_all_clocks_are_virtual(scheduler: Scheduler) -> None:
    seen: list[float] = []

    def work() -> None:
        for _ in range(2):
            seen.extend((time.monotonic(), time.perf_counter(), time.time()))
            seen.extend((time.monotonic_ns(), time.perf_counter_ns(), time.time_ns()))
            time.sleep(1)

    scheduler.start(work)
    run_to_the_end(scheduler)
    before, after = seen[:6], seen[6:]
    passed = [b - a for a, b in zip(before, after, strict=True)]
    assert passed == [1, 1, 1, 1_000_000_000, 1_000_000_000, 1_000_000_000]


def test_two_threads_that_wait_for_each_other_are_seen_with_their_stacks(
    scheduler: Scheduler,
) -> None:
    first, second = threading.Lock(), threading.Lock()
    met = threading.Barrier(2)

    def take_first_then_second() -> None:
        with first:
            met.wait()
            with second:
                pass

    def take_second_then_first() -> None:
        with second:
            met.wait()
            with first:
                pass

    tasks = [scheduler.start(take_first_then_second), scheduler.start(take_second_then_first)]
    scheduler.run()
    assert [task.parked for task in tasks] == [True, True]
    assert scheduler.next_deadline_s() is None
    assert "take_first_then_second" in tasks[0].stack()[-1]
    assert "take_second_then_first" in tasks[1].stack()[-1]
    assert "threads/test_waiting.py:" in tasks[0].stack()[-1]
    assert [task.waits_for for task in tasks] == ["a lock", "a lock"]


def test_a_released_lock_can_be_taken_by_anybody(scheduler: Scheduler) -> None:
    lock = threading.Lock()
    lock.acquire()
    waiter = scheduler.start(lock.acquire)
    scheduler.run()
    assert waiter.parked
    lock.release()
    assert waiter.parked
    assert lock.acquire(False)
    scheduler.run()
    assert waiter.parked
    lock.release()
    scheduler.run()
    assert waiter.done


def test_yielding_lets_everybody_else_go_first(scheduler: Scheduler) -> None:
    arrived: list[int] = []

    def work(number: int) -> None:
        while len(arrived) < number:
            time.sleep(0)
        arrived.append(number)

    for number in (3, 2, 1, 0):
        scheduler.start(partial(work, number))
    scheduler.run()
    assert arrived == [0, 1, 2, 3]
