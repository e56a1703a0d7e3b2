"""What replaces Python's primitives is like them for everybody else, and goes away without a trace."""

import _thread
import gc
import queue
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock, RLock, Thread
from time import monotonic, sleep
from types import CodeType

import pytest

from poolproof.conformance.engines.threads import START_S, Scheduler, install, is_installed
from poolproof.conformance.engines.threads import locks as replacements

# An import of names is what must be found, so these are looked up in this module when they are used.
CAPTURED: tuple[object, ...] = (Lock, RLock, SimpleQueue, monotonic, sleep)


def is_test_code(code: CodeType) -> bool:
    return code.co_filename == __file__


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    with install(), Scheduler(is_test_code) as scheduler:
        yield scheduler


def everything() -> list[object]:
    modules = (_thread, threading, time, queue, sys.modules[__name__])
    methods = (vars(threading.Thread), vars(socket.socket))
    return [
        *(dict(vars(module)) for module in modules),
        *(dict(names) for names in methods),
    ]


def test_everything_is_the_original_afterwards() -> None:
    before = everything()
    with install():
        assert Lock is threading.Lock is not CAPTURED[0]
        assert sleep is time.sleep is not CAPTURED[4]
        assert everything() != before
    assert everything() == before
    now: tuple[object, ...] = (Lock, RLock, SimpleQueue, monotonic, sleep)
    assert now == CAPTURED


def test_a_module_imported_meanwhile_gets_the_originals_back() -> None:
    module = type(sys)("imported_meanwhile")
    sys.modules[module.__name__] = module
    try:
        with install():
            exec("from threading import Lock, RLock; from time import sleep", vars(module))
            assert module.Lock is replacements.Lock
        assert module.Lock is vars(threading)["Lock"]
        assert module.RLock is vars(threading)["RLock"]
        assert module.sleep is vars(time)["sleep"]
    finally:
        del sys.modules[module.__name__]


def test_it_is_installed_once() -> None:
    with install(), pytest.raises(RuntimeError, match="already"):
        install()


def test_it_says_whether_it_is_installed() -> None:
    assert not is_installed()
    with install():
        assert is_installed()
    assert not is_installed()


def test_other_threads_do_not_notice(scheduler: Scheduler) -> None:
    lock, items, event = threading.Lock(), queue.SimpleQueue[str](), threading.Event()
    lock.acquire()
    report: list[object] = []

    def other() -> None:
        report.append(lock.acquire(timeout=0.001))
        items.put("there")
        event.wait(5)
        report.append(lock.acquire(timeout=5))

    thread = Thread(target=other)
    thread.start()
    assert items.get(timeout=5) == "there"
    with pytest.raises(queue.Empty):
        items.get(timeout=0.001)
    lock.release()
    event.set()
    thread.join()
    assert report == [False, True]
    assert abs(time.monotonic() - START_S) > 1 or time.time() > 1_500_000_000
    with ThreadPoolExecutor(2) as executor:
        assert list(executor.map(abs, [-1, 2])) == [1, 2]


def test_a_conducted_thread_and_another_can_share_a_lock(scheduler: Scheduler) -> None:
    lock = threading.RLock()
    lock.acquire()
    lock.acquire()
    task = scheduler.start(lock.__enter__)
    scheduler.run()
    lock.release()
    scheduler.run()
    assert task.parked
    lock.release()
    scheduler.run()
    assert task.done
    assert not lock.acquire(False)


def test_a_lock_made_without_a_scheduler_works_under_one() -> None:
    with install():
        lock = threading.Lock()
        with Scheduler(is_test_code) as scheduler, lock:
            task = scheduler.start(lock.acquire)
            scheduler.run()
            assert task.parked
            assert task.waits_for == "a lock"


@pytest.mark.parametrize("conducted", [False, True])
def test_locks_are_as_python_has_them(scheduler: Scheduler, conducted: bool) -> None:
    def check() -> None:
        for make in (threading.Lock, threading.RLock):
            lock = make()
            with pytest.raises(RuntimeError):
                lock.release()
            with pytest.raises(ValueError, match="non-blocking"):
                lock.acquire(False, 1)
            with pytest.raises(ValueError, match="timeout"):
                lock.acquire(timeout=-2)
            with pytest.raises(OverflowError):
                lock.acquire(timeout=threading.TIMEOUT_MAX * 2)
            with lock:
                assert lock.acquire(False) == (make is threading.RLock)
            lock._at_fork_reinit()  # type: ignore[union-attr]  # as `threading` does
            assert lock.acquire(True, 0)
        plain = threading.Lock()
        assert not plain.locked()
        assert plain.acquire()
        assert plain.locked()
        assert not plain.acquire(timeout=0)
        plain.release()
        owned = threading.RLock()
        owned.acquire()
        owned.acquire()
        condition = threading.Condition(owned)
        assert not condition.wait(0.001 if not conducted else 0)
        owned.release()
        owned.release()
        with pytest.raises(RuntimeError):
            owned.release()
        items = queue.SimpleQueue[int]()
        with pytest.raises(ValueError, match="non-negative"):
            items.get(timeout=-1)
        items.put(1)
        assert (items.qsize(), items.empty(), items.get_nowait()) == (1, False, 1)
        with pytest.raises(queue.Empty):
            items.get(False)
        with pytest.raises(ValueError, match="non-negative"):
            time.sleep(-1)

    if conducted:
        task = scheduler.start(check)
        scheduler.run()
        assert task.done
        if task.error is not None:
            raise task.error
    else:
        check()


def test_isinstance_knows_both_kinds() -> None:
    real_lock: object = threading.Lock()
    real_queue = queue.SimpleQueue[int]()
    with install():
        replacement: object = threading.Lock()
        for kind in (replacements.Lock, _thread.LockType):
            assert isinstance(real_lock, kind)
            assert isinstance(replacement, kind)
        for items in (real_queue, queue.SimpleQueue[int]()):
            assert isinstance(items, queue.SimpleQueue)
        assert not isinstance(object(), _thread.LockType)


def test_a_thread_started_by_a_conducted_one_is_conducted(scheduler: Scheduler) -> None:
    told: list[object] = []

    class Child(Thread):
        def run(self) -> None:
            told.append(self.is_alive())
            time.sleep(3600)
            told.append(time.monotonic() - START_S)

    def work() -> None:
        child = Child()
        child.start()
        told.append("started")
        child.join()
        told.append(child.is_alive())

    parent = scheduler.start(work)
    scheduler.run()
    assert [task.waits_for for task in scheduler.tasks] == [
        "the end of thread 1",
        "the end of a sleep",
    ]
    scheduler.advance_to(START_S + 3600)
    scheduler.run()
    assert parent.error is None
    assert told == [True, "started", 3600, False]


def test_pools_of_threads_and_timers_are_conducted(scheduler: Scheduler) -> None:
    told: list[object] = []

    def work() -> None:
        with ThreadPoolExecutor(2) as executor:
            told.append(sum(executor.map(abs, [1, -2, 3])))
        timer = threading.Timer(60, lambda: told.append("timer"))
        timer.start()
        timer.join()

    task = scheduler.start(work)
    scheduler.run()
    scheduler.advance_to(START_S + 60)
    scheduler.run()
    assert task.done
    assert task.error is None
    assert told == [6, "timer"]


def test_a_threads_error_is_kept(scheduler: Scheduler) -> None:
    def fail() -> None:
        raise LookupError("what it raised")

    task = scheduler.start(fail)
    scheduler.run()
    assert isinstance(task.error, LookupError)


def test_no_garbage_is_collected_during_a_run(scheduler: Scheduler) -> None:
    seen = []
    scheduler.start(lambda: seen.append(gc.isenabled()))
    assert gc.isenabled()
    scheduler.run()
    assert seen == [False]
    assert gc.isenabled()


def test_threads_are_used_again(scheduler: Scheduler) -> None:
    def once() -> set[int]:
        idents: set[int] = set()
        with Scheduler(is_test_code) as another:
            for _ in range(3):
                another.start(lambda: idents.add(threading.get_ident()))
            another.run()
        return idents

    first = once()
    assert len(first) == 3
    assert once() == first


def test_only_one_scheduler_runs(scheduler: Scheduler) -> None:
    another = Scheduler(is_test_code)
    task = scheduler.start(another.run)
    scheduler.run()
    assert isinstance(task.error, RuntimeError)
    scheduler.start(lambda: None)
    scheduler.run()


def test_the_clock_does_not_go_back(scheduler: Scheduler) -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        scheduler.advance_to(START_S - 1)
