"""Conducted threads wait by the virtual clock, and what keeps them waiting can be seen."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from functools import partial
from types import CodeType

import pytest

from poolproof.conformance.scheduler import START_S, CannotHost, Gate, Scheduler, Task, install


def is_test_code(code: CodeType) -> bool:
    return code.co_filename == __file__


def has_entries(code: CodeType) -> bool:
    return is_test_code(code) or code.co_filename in (queue.__file__, threading.__file__)


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    with install(), Scheduler(is_test_code, has_entries=has_entries) as scheduler:
        yield scheduler


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
    report = scheduler.stacks()
    assert report.index("thread 0 waits for a lock") < report.index("thread 1 waits for a lock")
    assert "scheduler/test_waiting.py:" in report


class Guarded:
    """Something whose method holds a lock while it calls another."""

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self.lock = lock

    def use(self) -> None:
        with self.lock:
            self.inner()

    def inner(self) -> None:
        pass


def used_in_its_own_midst(scheduler: Scheduler, guarded: Guarded) -> Task:
    task = scheduler.start(guarded.use)
    # The first entry is `use`, the second `inner`.
    inside = scheduler.run_inside(task, 2, guarded.use)
    scheduler.run()
    assert inside.happened
    return task


def test_a_lock_taken_again_inside_itself_is_seen(scheduler: Scheduler) -> None:
    task = used_in_its_own_midst(scheduler, Guarded(threading.Lock()))
    assert task.parked
    assert [line.rpartition(".")[2] for line in task.stack()] == ["use", "inner", "use"]


def test_an_rlock_taken_again_inside_itself_is_no_problem(scheduler: Scheduler) -> None:
    task = used_in_its_own_midst(scheduler, Guarded(threading.RLock()))
    assert task.done
    assert task.error is None


def test_a_queue_used_again_inside_itself_is_seen_if_its_functions_count(
    scheduler: Scheduler,
) -> None:
    parked = []
    for point in range(1, 30):
        items: queue.Queue[int] = queue.Queue()
        task = scheduler.start(partial(items.put, 1))
        inside = scheduler.run_inside(task, point, partial(items.put, 2))
        scheduler.run()
        if not inside.happened:
            break
        parked.append(task.parked)
    else:
        pytest.fail("put has no end")
    assert True in parked
    assert False in parked


def test_what_would_happen_inside_does_not_if_there_are_too_few_entries(
    scheduler: Scheduler,
) -> None:
    task = scheduler.start(Guarded(threading.Lock()).use)
    inside = scheduler.run_inside(task, 3, lambda: None)
    scheduler.run()
    assert task.done
    assert not inside.happened


def test_what_happens_inside_may_raise(scheduler: Scheduler) -> None:
    lock = threading.Lock()
    task = scheduler.start(Guarded(lock).use)

    def signal() -> None:
        raise KeyboardInterrupt

    scheduler.run_inside(task, 2, signal)
    scheduler.run()
    assert isinstance(task.error, KeyboardInterrupt)
    assert not lock.locked()


def test_a_waiter_of_a_condition_can_be_interrupted(scheduler: Scheduler) -> None:
    condition = threading.Condition()
    served = []

    def work(name: str) -> None:
        with condition:
            condition.wait()
            served.append(name)

    def notify() -> None:
        with condition:
            condition.notify()

    tasks = [scheduler.start(lambda: work("first")), scheduler.start(lambda: work("second"))]
    scheduler.run()
    interruption = KeyboardInterrupt()
    scheduler.interrupt(tasks[0], interruption)
    assert tasks[0].parked
    scheduler.run()
    assert tasks[0].error is interruption
    assert tasks[1].parked
    scheduler.start(notify)
    scheduler.run()
    # Python's Condition leaves the interrupted waiter in its list: one notification is spent on it.
    scheduler.start(notify)
    scheduler.run()
    assert served == ["second"]


def test_taking_back_the_rlock_of_a_condition_is_not_interrupted(scheduler: Scheduler) -> None:
    condition = threading.Condition()
    let_go = threading.Event()
    owned = []

    def wait() -> None:
        with condition:
            try:
                condition.wait()
            except KeyboardInterrupt:
                owned.append(condition._is_owned())  # type: ignore[attr-defined]  # what is the question here

    def notify_and_hold() -> None:
        with condition:
            condition.notify()
            let_go.wait()

    waiting = scheduler.start(wait)
    scheduler.start(notify_and_hold)
    scheduler.run()
    scheduler.interrupt(waiting, KeyboardInterrupt())
    scheduler.run()
    assert waiting.parked
    let_go.set()
    scheduler.run()
    assert owned == [True]
    assert waiting.done


def test_only_a_parked_thread_can_be_interrupted(scheduler: Scheduler) -> None:
    task = scheduler.start(lambda: None)
    with pytest.raises(ValueError, match="not parked"):
        scheduler.interrupt(task, KeyboardInterrupt())


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


def test_threads_stay_at_a_closed_gate(scheduler: Scheduler) -> None:
    gate = Gate("the gate")
    gate.close()
    first, second = scheduler.start(gate.pass_through), scheduler.start(gate.pass_through)
    scheduler.run()
    assert first.at_gate is second.at_gate is gate
    gate.admit(second)
    scheduler.run()
    assert (first.done, second.done) == (False, True)
    gate.open()
    scheduler.run()
    assert first.done
    assert first.at_gate is None


def test_connects_can_be_held_and_interrupted(scheduler: Scheduler) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        connected = []

        def work() -> None:
            with socket.socket() as connection:
                connection.connect(address)
                connected.append(connection.getpeername())

        scheduler.connects_held = True
        going, interrupted = scheduler.start(work), scheduler.start(work)
        scheduler.run()
        assert going.at_gate is interrupted.at_gate is scheduler.connects
        assert "work" in going.stack()[-1]
        scheduler.interrupt(interrupted, KeyboardInterrupt())
        scheduler.run()
        assert isinstance(interrupted.error, KeyboardInterrupt)
        assert not connected
        scheduler.connects_held = False
        scheduler.run()
        assert going.done
        assert connected == [address]


def test_abandoned_threads_end_and_let_go_of_what_they_hold(scheduler: Scheduler) -> None:
    lock = threading.Lock()

    def work() -> None:
        with lock:
            threading.Thread(target=threading.Event().wait).start()
            threading.Event().wait()

    tasks = [scheduler.start(work), scheduler.start(work)]
    scheduler.run()
    never_ran = scheduler.start(lambda: pytest.fail("it ran"))
    scheduler.abandon()
    assert len(scheduler.tasks) == 4
    assert all(task.done and task.error is None for task in [*scheduler.tasks, *tasks, never_ran])
    assert not lock.locked()
    with pytest.raises(RuntimeError, match="abandoned"):
        scheduler.run()


def test_a_thread_that_does_not_let_itself_be_ended_is_left(scheduler: Scheduler) -> None:
    def cling() -> None:
        while True:
            with suppress(BaseException):
                threading.Event().wait()

    task = scheduler.start(cling)
    scheduler.run()
    scheduler.abandon()
    assert not task.done


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
    spinning = Scheduler(is_test_code, watchdog_s=0.3)
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
        scheduler = Scheduler(is_test_code, watchdog_s=0.3)
        scheduler.start(block_outside)
        started = time.monotonic()
        with pytest.raises(CannotHost, match=r"(.|\n)*block_outside"):
            scheduler.run()
        assert time.monotonic() - started < 30 * scheduler.watchdog_s
        hidden.release()
        # Others still can.
        with Scheduler(is_test_code) as another:
            task = another.start(lambda: None)
            another.run()
            assert task.done


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
