import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from types import ModuleType

import pytest

from poolproof.conformance.engines.asyncio import VirtualLoop
from poolproof.conformance.engines.asyncio.virtual import LOOP_START_S
from poolproof.conformance.engines.threads import install, shown_by_loop
from poolproof.conformance.engines.threads.clock import EPOCH_S


async def expires(wait_s: float) -> float:
    """The time at which a wait of this length is given up."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), wait_s)
    return asyncio.get_running_loop().time()


async def expires_in_a_block(wait_s: float) -> float:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(wait_s):
            await asyncio.Queue[int]().get()
    return asyncio.get_running_loop().time()


async def expires_on_a_condition(wait_s: float) -> float:
    condition = asyncio.Condition()
    async with condition:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(condition.wait(), wait_s)
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("wait", [expires, expires_in_a_block, expires_on_a_condition])
def test_a_wait_is_given_up_exactly_at_its_deadline(
    loop: VirtualLoop, wait: Callable[[float], Coroutine[object, object, float]]
) -> None:
    task = loop.create_task(wait(0.3))
    loop.run_until_quiet()
    assert loop.next_deadline_s() == LOOP_START_S + 0.3
    loop.advance_to(LOOP_START_S + 0.299999)
    loop.run_until_quiet()
    assert not task.done()
    loop.advance_to(LOOP_START_S + 0.3)
    loop.run_until_quiet()
    assert task.result() == LOOP_START_S + 0.3
    assert loop.next_deadline_s() is None


def test_the_clock_stands_still_until_it_is_moved(loop: VirtualLoop) -> None:
    task = loop.create_task(asyncio.sleep(0.001))
    for _ in range(3):
        loop.run_until_quiet()
    assert loop.time() == LOOP_START_S
    assert not task.done()
    loop.advance_to(LOOP_START_S + 1e6)
    loop.run_until_quiet()
    assert task.done()


def test_the_clock_does_not_go_back(loop: VirtualLoop) -> None:
    with pytest.raises(ValueError, match="does not go back"):
        loop.advance_to(LOOP_START_S - 1)


def test_a_cancelled_timer_is_no_deadline(loop: VirtualLoop) -> None:
    loop.call_later(1, print).cancel()
    last = loop.call_later(3, lambda: None)
    loop.call_later(2, print).cancel()
    assert loop.next_deadline_s() == LOOP_START_S + 3
    loop.advance_to(LOOP_START_S + 2)
    assert loop.next_deadline_s() == LOOP_START_S + 3
    last.cancel()
    assert loop.next_deadline_s() is None


def test_timers_run_in_the_order_of_their_times(loop: VirtualLoop) -> None:
    ran: list[float] = []
    for delay_s in (0.3, 0.1, 0.2, 0.4):
        loop.call_later(delay_s, ran.append, delay_s)
    loop.advance_to(LOOP_START_S + 0.3)
    loop.run_until_quiet()
    assert ran == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("early", [True, False])
def test_what_is_ready_before_a_deadline_runs_before_it(loop: VirtualLoop, early: bool) -> None:
    ran: list[str] = []
    loop.call_later(1, ran.append, "deadline")
    if early:
        loop.call_soon(ran.append, "other")
    loop.advance_to(LOOP_START_S + 1)
    if not early:
        loop.call_soon(ran.append, "other")
    loop.run_until_quiet()
    assert ran == (["other", "deadline"] if early else ["deadline", "other"])


def test_the_clocks_of_the_time_module_show_the_time_of_a_loop_while_it_runs() -> None:
    theirs = ModuleType("somebodys_pool")
    theirs.now = time.monotonic  # type: ignore[attr-defined]  # as `from time import monotonic as now` does
    sys.modules[theirs.__name__] = theirs
    try:
        with install():
            loop = VirtualLoop()
            seen: list[float] = []

            async def look() -> None:
                await asyncio.sleep(5)
                seen.extend((time.monotonic(), time.perf_counter(), theirs.now()))
                seen.append(time.time() - EPOCH_S)

            loop.create_task(look())
            loop.run_until_quiet()
            loop.advance_to(LOOP_START_S + 5)
            with shown_by_loop(loop.time):
                loop.run_until_quiet()
            assert loop.end() == []
            assert seen == [LOOP_START_S + 5] * 4
            assert time.monotonic() != LOOP_START_S + 5
    finally:
        del sys.modules[theirs.__name__]


def test_who_looks_from_time_to_time_comes_to_the_end_of_the_wait(loop: VirtualLoop) -> None:
    async def look_until(end_s: float) -> None:
        while (left_s := end_s - loop.time()) > 0:  # noqa: ASYNC110 - it is what pools do
            await asyncio.sleep(min(0.05, left_s))

    task = loop.create_task(look_until(LOOP_START_S + 5))
    loop.run_until_quiet()
    while (deadline_s := loop.next_deadline_s()) is not None:
        loop.advance_to(deadline_s)
        loop.run_until_quiet()

    assert task.done()
    assert loop.time() == LOOP_START_S + 5
