"""What runs in a forked child answers its parent, or is given up."""

import os
import signal
import sys
from threading import Event, Lock, Thread

import pytest

from poolproof.conformance.adapters.adapter import AdapterError
from poolproof.conformance.isolation.call_with_timeout import NeverReturned
from poolproof.conformance.isolation.run_in_fork import Answer, answered_in_fork, run_in_fork

BOUND_S = 20


def test_a_child_answers_from_the_midst_of_a_call_that_never_returns() -> None:
    def work(answer: Answer) -> None:
        signal.signal(signal.SIGALRM, lambda *_: answer({"answered": True}))
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        lock = Lock()
        lock.acquire()
        lock.acquire()

    assert answered_in_fork(work, BOUND_S) == {"answered": True}


def test_a_child_has_the_result_of_its_work_sent() -> None:
    told = run_in_fork(lambda: {"process": os.getpid(), "refused": None})

    assert told.keys() == {"process", "refused"}
    assert told["process"] != os.getpid()


@pytest.mark.parametrize("trouble", ["hangs", "leaves", "raises"])
def test_a_child_that_gives_no_answer_is_given_up(trouble: str) -> None:
    def work() -> dict[str, object]:
        if trouble == "hangs":
            Event().wait()
        if trouble == "leaves":
            os._exit(7)
        raise SystemExit(trouble)

    with pytest.raises(NeverReturned, match="there was no answer after"):
        run_in_fork(work, 0.5 if trouble == "hangs" else BOUND_S)


def test_a_mistake_of_the_adapter_is_raised_in_the_parent() -> None:
    class Kind(AdapterError):
        def __init__(self, one: str, other: object) -> None:
            super().__init__(f"{one} is tired")
            self.other = other

    def work() -> dict[str, object]:
        raise Kind("the adapter", Lock())

    with pytest.raises(AdapterError, match=r"^the adapter is tired$"):
        run_in_fork(work, BOUND_S)


def test_a_child_answers_though_a_thread_of_the_parent_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receive, send = os.pipe()
    reading = Event()
    with os.fdopen(receive) as standard_input, os.fdopen(send, "w") as other_end:
        monkeypatch.setattr(sys, "stdin", standard_input)

        def read() -> None:
            reading.set()
            standard_input.read()

        reader = Thread(target=read)
        reader.start()
        reading.wait()
        try:
            assert run_in_fork(lambda: {"answered": True}, BOUND_S) == {"answered": True}
        finally:
            other_end.close()
            reader.join()
