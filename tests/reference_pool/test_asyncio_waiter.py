"""One waiter of a task: an offer, the end of its time and a cancellation may meet, and one wins."""

import asyncio
from asyncio import CancelledError, create_task, sleep

import pytest

from poolproof.reference_pool.asyncio.waiter import Waiter
from poolproof.reference_pool.policy import Ending

from . import PATIENCE_S


@pytest.mark.parametrize("timeout_s", [None, 0, PATIENCE_S, float("inf")])
async def test_an_offer_made_before_is_found_at_once(timeout_s: float | None) -> None:
    waiter: Waiter[str] = Waiter()

    assert waiter.offer("slot")
    with pytest.raises(StopIteration, match="slot"):
        waiter.wait(timeout_s).send(None)


@pytest.mark.parametrize("timeout_s", [None, PATIENCE_S])
async def test_an_offer_ends_the_wait(timeout_s: float | None) -> None:
    waiter: Waiter[str] = Waiter()
    task = create_task(waiter.wait(timeout_s))
    await sleep(0)
    waiter.offer("slot")

    assert await task == "slot"


async def test_word_of_a_closed_pool_is_an_answer() -> None:
    waiter: Waiter[str] = Waiter()

    assert waiter.offer(Ending.CLOSED)
    assert await waiter.wait(None) is Ending.CLOSED


@pytest.mark.parametrize("timeout_s", [0, 0.001])
async def test_an_expired_waiter_declines_what_is_offered_later(timeout_s: float) -> None:
    waiter: Waiter[str] = Waiter()

    assert await waiter.wait(timeout_s) is Ending.DECLINED
    assert not waiter.offer("slot")


async def test_a_cancelled_waiter_declines_before_its_task_has_run_again() -> None:
    waiter: Waiter[str] = Waiter()
    task = create_task(waiter.wait(None))
    await sleep(0)
    task.cancel()

    assert not waiter.offer("slot")
    assert waiter.decline() is Ending.DECLINED
    with pytest.raises(CancelledError):
        await task


async def test_declining_after_an_offer_was_accepted_returns_what_was_offered() -> None:
    waiter: Waiter[str] = Waiter()
    waiter.offer("slot")

    assert waiter.decline() == "slot"


async def test_the_second_offer_is_declined() -> None:
    waiter: Waiter[str] = Waiter()

    assert [waiter.offer("one"), waiter.offer("other")] == [True, False]


async def test_a_wait_leaves_no_timer_behind() -> None:
    waiter: Waiter[str] = Waiter()
    timers = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]  # named in no stub
    waiter.offer("slot")
    before = len([timer for timer in timers if not timer.cancelled()])
    await waiter.wait(PATIENCE_S)

    assert len([timer for timer in timers if not timer.cancelled()]) == before
