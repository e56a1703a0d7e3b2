"""Something can be made to happen in the middle of a call, by the same thread."""

import queue
import threading
from contextlib import AbstractContextManager
from functools import partial

import pytest

from poolproof.conformance.engines.threads import Scheduler, Task


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
