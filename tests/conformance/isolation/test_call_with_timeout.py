"""A call into other people's code is given up when its time is over, and leaves nothing behind."""

import threading
from asyncio import CancelledError
from concurrent.futures import wait

import pytest

from poolproof.conformance.adapters.adapter import AdapterError
from poolproof.conformance.isolation.call_with_timeout import (
    THREAD_NAME,
    DaemonExecutor,
    NeverReturned,
    call_with_timeout,
    error_of,
)


def test_a_call_returns_and_raises_what_it_would_without_a_bound() -> None:
    assert call_with_timeout(lambda: 3) == 3
    with pytest.raises(KeyError, match="no"):
        call_with_timeout(lambda: dict[str, int]()["no"])


def test_a_call_that_never_returns_is_given_up() -> None:
    never = threading.Event()
    with pytest.raises(NeverReturned, match="after 0 s"):
        call_with_timeout(never.wait, 0.1)
    assert isinstance(error_of(never.wait, 0.1), NeverReturned)
    never.set()


@pytest.mark.parametrize("raised", [CancelledError(), SystemExit(1), KeyboardInterrupt()])
def test_what_would_end_a_thread_or_a_task_is_an_error_like_any_other(
    raised: BaseException,
) -> None:
    def work() -> None:
        raise raised

    assert error_of(work) is raised
    assert error_of(lambda: None) is None


def test_a_mistake_of_the_adapter_is_no_outcome() -> None:
    def work() -> None:
        raise AdapterError("tired")

    with pytest.raises(AdapterError, match="tired"):
        error_of(work)


def test_calls_that_do_not_overlap_are_made_by_one_thread() -> None:
    executor = DaemonExecutor()
    threads = {executor.submit(threading.current_thread).result() for _ in range(5)}
    go_on = threading.Event()
    waiting = executor.submit(go_on.wait)
    other = executor.submit(threading.current_thread).result()
    go_on.set()
    wait([waiting])
    executor.dismiss()

    assert len(threads) == 1
    assert other not in threads
    assert {thread.name for thread in (*threads, other)} == {THREAD_NAME}
