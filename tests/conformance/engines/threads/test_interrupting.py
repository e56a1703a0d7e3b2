"""Threads can be kept at gates, interrupted where they wait, and abandoned."""

import socket
import threading
from contextlib import suppress

import pytest

from poolproof.conformance.engines.threads import Gate, Scheduler


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


def test_threads_stay_at_a_closed_gate(scheduler: Scheduler) -> None:
    gate = Gate("the gate")
    gate.close()
    first, second = scheduler.start(gate.pass_through), scheduler.start(gate.pass_through)
    scheduler.run()
    assert first.at_gate is second.at_gate is gate
    scheduler.run()
    assert (first.done, second.done) == (False, False)
    gate.open()
    scheduler.run()
    assert (first.done, second.done) == (True, True)
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
