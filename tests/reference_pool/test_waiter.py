"""One waiter: an offer and the end of the wait may meet, and exactly one of them wins."""

from threading import TIMEOUT_MAX, Thread
from time import monotonic

import pytest

from poolproof.reference_pool import waiter as waiter_module
from poolproof.reference_pool.policy import Ending
from poolproof.reference_pool.waiter import Waiter

from . import PATIENCE_S


@pytest.mark.parametrize("timeout", [None, 0, PATIENCE_S, TIMEOUT_MAX * 2])
def test_an_offer_made_before_is_found_at_once(timeout: float | None) -> None:
    waiter: Waiter[str] = Waiter()

    assert waiter.offer("slot")
    assert waiter.wait(timeout) == "slot"


@pytest.mark.parametrize("timeout", [None, PATIENCE_S])
def test_an_offer_ends_the_wait(timeout: float | None) -> None:
    waiter: Waiter[str] = Waiter()
    heard: list[str | Ending] = []
    thread = Thread(target=lambda: heard.append(waiter.wait(timeout)), daemon=True)
    thread.start()
    waiter.offer("slot")
    thread.join(PATIENCE_S)

    assert heard == ["slot"]


def test_word_of_a_closed_pool_is_an_answer() -> None:
    waiter: Waiter[str] = Waiter()

    assert waiter.offer(Ending.CLOSED)
    assert waiter.wait(None) is Ending.CLOSED


def test_an_expired_waiter_declines_what_is_offered_later() -> None:
    waiter: Waiter[str] = Waiter()

    assert waiter.wait(0) is Ending.DECLINED
    assert not waiter.offer("slot")


def test_a_wait_never_ends_early() -> None:
    waiter: Waiter[str] = Waiter()
    started = monotonic()
    waiter.wait(0.03)

    assert monotonic() - started >= 0.03


def test_a_wait_longer_than_a_lock_can_wait_never_ends_early_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiter_module, "TIMEOUT_MAX", 0.001)
    waiter: Waiter[str] = Waiter()
    started = monotonic()
    waiter.wait(0.03)

    assert monotonic() - started >= 0.03


def test_declining_twice_is_declining_once() -> None:
    waiter: Waiter[str] = Waiter()

    assert waiter.decline() is Ending.DECLINED
    assert not waiter.offer("slot")
    assert waiter.decline() is Ending.DECLINED


def test_declining_after_an_offer_was_accepted_returns_what_was_offered() -> None:
    waiter: Waiter[str] = Waiter()
    waiter.offer("slot")

    assert waiter.decline() == "slot"


def test_the_second_offer_is_declined() -> None:
    waiter: Waiter[str] = Waiter()

    assert [waiter.offer("one"), waiter.offer("other")] == [True, False]
