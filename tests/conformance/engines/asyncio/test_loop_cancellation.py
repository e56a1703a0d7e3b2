import asyncio
from collections.abc import Callable, Coroutine

import anyio
import anyio.lowlevel
import pytest

from poolproof.conformance.engines.asyncio import (
    Cancellation,
    TooManySuspensions,
    VirtualLoop,
    start,
    sweep,
)

Body = Callable[[list[str]], Coroutine[object, object, None]]


async def three_places(course: list[str]) -> None:
    """Suspends three times: for a future, for nothing, and for a task."""
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(complete, future)
    for number, wait in enumerate([lambda: future, lambda: asyncio.sleep(0), two_steps], 1):
        try:
            await wait()
        except asyncio.CancelledError:
            course.append(f"cancelled at {number}")
            raise
        course.append(f"past {number}")


def complete(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def two_steps() -> None:
    async def inner() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    await asyncio.get_running_loop().create_task(inner())


def ran(body: Body, cancellation: Cancellation | None) -> tuple[list[str], int, bool]:
    loop = VirtualLoop()
    course: list[str] = []
    started = start(loop, body(course), cancellation)
    loop.run_until_quiet()
    assert started.task.done()
    outcome = course, started.suspensions, started.cancelled
    assert started.task.cancelled() == any("cancelled" in each for each in course)
    assert loop.end() == []
    assert loop.unhandled == []
    return outcome


def test_undisturbed_a_task_passes_every_place() -> None:
    assert ran(three_places, None) == (["past 1", "past 2", "past 3"], 3, False)


@pytest.mark.parametrize("late", [False, True], ids=["now", "late"])
@pytest.mark.parametrize("place", [1, 2, 3])
def test_each_suspension_can_be_cancelled_in_both_modes(place: int, late: bool) -> None:
    course = [*(f"past {number}" for number in range(1, place)), f"cancelled at {place}"]
    assert ran(three_places, Cancellation(place, late)) == (course, place, True)


def test_there_is_no_further_suspension() -> None:
    assert ran(three_places, Cancellation(4, False)) == (["past 1", "past 2", "past 3"], 3, False)


def test_a_late_cancellation_comes_after_the_gift_and_before_the_thanks() -> None:
    async def take(queue: asyncio.Queue[str]) -> str:
        return await queue.get()

    left = {}
    for late in (False, True):
        loop = VirtualLoop()
        queue: asyncio.Queue[str] = asyncio.Queue()
        future = loop.create_future()
        started = start(loop, wait_for(future), Cancellation(1, late))
        loop.run_until_quiet()
        left[late] = future.cancelled(), started.cancelled, started.task.done()
        if late:
            assert queue.empty()
            future.set_result("gift")
            assert not started.task.done()
            loop.run_until_quiet()
            assert started.task.cancelled()
            assert started.cancelled
            assert future.result() == "gift"
        loop.end()
    assert left == {False: (True, True, True), True: (False, False, False)}


async def wait_for(future: asyncio.Future[str]) -> str:
    return await future


def test_a_shield_and_a_gather_are_one_suspension_each() -> None:
    async def body(course: list[str]) -> None:
        try:
            await asyncio.shield(asyncio.sleep(0))
            course.append("past the shield")
            await asyncio.gather(asyncio.sleep(0), two_steps())
            course.append("past the gather")
        except asyncio.CancelledError:
            course.append("cancelled")
            raise

    assert ran(body, None) == (["past the shield", "past the gather"], 2, False)
    for late in (False, True):
        assert ran(body, Cancellation(1, late))[0] == ["cancelled"]
        assert ran(body, Cancellation(2, late))[0] == ["past the shield", "cancelled"]


def test_anyio_is_cancelled_like_asyncio() -> None:
    async def body(course: list[str]) -> None:
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep, 0)
                await anyio.lowlevel.checkpoint()
                course.append("past the checkpoint")
            with anyio.move_on_after(10):
                await anyio.lowlevel.checkpoint()
            course.append("past the scope")
        except asyncio.CancelledError:
            course.append("cancelled")
            raise

    undisturbed, suspensions, _ = ran(body, None)
    assert undisturbed == ["past the checkpoint", "past the scope"]
    assert suspensions >= 3
    for number in range(1, suspensions + 1):
        for late in (False, True):
            course, _, delivered = ran(body, Cancellation(number, late))
            assert delivered
            assert course[-1] == "cancelled"


def test_a_sweep_tries_every_suspension_in_both_modes() -> None:
    courses: dict[Cancellation | None, list[str]] = {}

    def run_one(cancellation: Cancellation | None) -> int:
        course, suspensions, _ = ran(three_places, cancellation)
        courses[cancellation] = course
        return suspensions

    swept = sweep(run_one)
    assert swept.undisturbed == 3
    assert swept.missed == ()
    assert [(each.at_suspension, each.late) for each in swept.tried] == [
        (number, late) for number in (1, 2, 3) for late in (False, True)
    ]
    assert len(courses) == 1 + 6 + 2


def test_a_sweep_says_what_it_missed_and_does_not_go_on_for_ever() -> None:
    assert sweep(lambda cancellation: 0 if cancellation else 1).missed == (
        Cancellation(1, late=False),
        Cancellation(1, late=True),
    )
    with pytest.raises(TooManySuspensions, match="more than 5"):
        sweep(lambda _: 100, at_most=5)


def test_a_suspension_while_tidying_up_counts() -> None:
    async def body(course: list[str]) -> None:
        try:
            await asyncio.sleep(0)
        finally:
            await asyncio.sleep(0)
            course.append("tidied")

    loop = VirtualLoop()
    course: list[str] = []
    started = start(loop, body(course), Cancellation(1, late=False))
    loop.run_until_quiet()
    assert (course, started.suspensions, started.task.cancelled()) == (["tidied"], 2, True)
    loop.end()


def test_a_task_that_was_never_run_leaves_no_warning() -> None:
    loop = VirtualLoop()
    started = start(loop, three_places([]))
    assert loop.end() == []
    assert started.task.cancelled()
