"""A schedule decides everything, and the exhaustive mode runs every one of them once."""

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType

import pytest
from hypothesis import find, settings
from hypothesis import strategies as st

from poolproof.conformance.engines.threads import (
    ALL_POINTS,
    CannotHost,
    Choice,
    Course,
    NotRepeatable,
    Schedule,
    Scheduler,
    each_schedule,
    install,
)


def is_test_code(code: CodeType) -> bool:
    return code.co_filename == __file__ and "steps" in code.co_qualname


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with install():
        yield


Trace = tuple[tuple[int, int], ...]


def walk(schedule: Schedule, threads: int = 2) -> tuple[Trace, Course]:
    """Threads that say at each of three lines that they are there, the middle one under a lock."""
    said: list[tuple[int, int]] = []
    lock = threading.Lock()

    def steps(number: int) -> None:
        said.append((number, 0))
        with lock:
            said.append((number, 1))
        said.append((number, 2))

    with Scheduler(is_test_code) as scheduler:
        for number in range(threads):
            scheduler.start(partial(steps, number))
        course = scheduler.run(schedule)
        assert all(task.done and task.error is None for task in scheduler.tasks)
    return tuple(said), course


IN_ORDER = tuple((number, step) for number in range(3) for step in range(3))


def test_the_simplest_schedule_runs_every_thread_until_it_blocks_in_their_order() -> None:
    assert walk(Schedule(), threads=3)[0] == IN_ORDER


def test_a_pick_says_who_goes_first() -> None:
    trace, course = walk(Schedule(picks=(1,)))
    assert trace == IN_ORDER[3:6] + IN_ORDER[:3]
    assert course.choices == (Choice(runnable=2, picked=1, points=0),)


def test_any_numbers_are_picks() -> None:
    assert walk(Schedule(picks=(7, 8, 9)), threads=3) == walk(Schedule(picks=(1, 0)), threads=3)


def test_a_gap_says_how_many_points_are_passed() -> None:
    """The first thread's points are before its lines: 4 of them, and one to leave the lock."""
    traces = [walk(Schedule(preemptions=(gap,)))[0] for gap in range(4)]
    assert traces[0] == IN_ORDER[3:6] + IN_ORDER[:3]
    assert traces[1] == IN_ORDER[:1] + IN_ORDER[3:6] + IN_ORDER[1:3]
    # It holds the lock: the other comes as far as that.
    assert traces[2] == (*IN_ORDER[:1], IN_ORDER[3], *IN_ORDER[1:3], *IN_ORDER[4:6])


def test_who_was_stopped_is_not_picked() -> None:
    for pick in range(4):
        trace, course = walk(Schedule(picks=(0, pick), preemptions=(1,)), threads=3)
        assert trace[0] == (0, 0)
        assert trace[1] == (1 + pick % 2, 0)
        assert course.choices[1].runnable == 2


def test_nobody_is_stopped_for_nobody() -> None:
    assert walk(Schedule(preemptions=(0, 0, 0)), threads=1)[0] == IN_ORDER[:3]


def test_the_same_schedule_gives_the_same_course() -> None:
    drawn = random.Random(3)
    different = set()
    for _ in range(300):
        schedule = Schedule(
            tuple(drawn.randrange(4) for _ in range(drawn.randrange(6))),
            tuple(drawn.randrange(12) for _ in range(drawn.randrange(4))),
        )
        first = walk(schedule, 3)
        assert walk(schedule, 3) == first, schedule
        different.add(first[0])
    assert len(different) > 30


def test_a_course_can_be_followed_again_by_its_picks() -> None:
    drawn = random.Random(4)
    for _ in range(100):
        gaps = tuple(drawn.randrange(12) for _ in range(3))
        picks = tuple(drawn.randrange(40) for _ in range(9))
        trace, course = walk(Schedule(picks, gaps), threads=3)
        again = Schedule(tuple(choice.picked for choice in course.choices), gaps)
        assert walk(again, threads=3) == (trace, course)


def test_what_is_left_of_a_schedule_serves_the_next_run() -> None:
    said: list[int] = []
    with Scheduler(is_test_code) as scheduler:
        for number in (0, 1):
            scheduler.start(partial(said.append, number))
        scheduler.run(Schedule(picks=(1, 1)))
        for number in (2, 3):
            scheduler.start(partial(said.append, number))
        course = scheduler.go_on()
    assert said == [1, 0, 3, 2]
    assert [choice.picked for choice in course.choices] == [1, 1]


def courses_by_force(threads: int, preemptions: int) -> set[Trace]:
    """Everything that any schedule with so many pre-emptions leads to, found without any thought."""
    points = range(threads * 5)
    gaps = [
        gap for count in range(preemptions + 1) for gap in itertools.product(points, repeat=count)
    ]
    picks = itertools.product(range(threads), repeat=4 + preemptions)
    return {walk(Schedule(pick, gap), threads)[0] for pick, gap in itertools.product(picks, gaps)}


@pytest.mark.parametrize(("threads", "preemptions"), [(2, 0), (2, 1), (2, 2), (3, 0)])
def test_the_exhaustive_mode_misses_nothing_and_repeats_nothing(
    threads: int, preemptions: int
) -> None:
    traces: list[Trace] = []
    schedules: list[Schedule] = []
    effects = []

    def run_one(schedule: Schedule) -> Course:
        trace, course = walk(schedule, threads)
        traces.append(trace)
        schedules.append(schedule)
        gaps = tuple(gap for gap in schedule.preemptions if gap != ALL_POINTS)
        effects.append((gaps, tuple(choice.picked for choice in course.choices)))
        return course

    assert list(each_schedule(run_one, preemptions)) == schedules
    assert len(schedules) == len(set(schedules)) == len(set(effects))
    assert set(traces) == courses_by_force(threads, preemptions)


def test_what_the_schedule_does_not_decide_is_noticed() -> None:
    runs = itertools.count()
    with pytest.raises(NotRepeatable):
        list(each_schedule(lambda schedule: walk(schedule, threads=2 + next(runs) % 2)[1]))


class CheckThenAct:
    """Lets in as many as there is room for, but looks first and enters later."""

    room = 1

    def __init__(self) -> None:
        self.inside = 0

    def enter_in_steps(self) -> bool:
        if self.inside < self.room:
            self.inside += 1
            return True
        return False


class LostWakeUp:
    """A one-place mailbox whose reader clears the event after it has looked, not before."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.items: list[int] = []

    def put_in_steps(self, item: int) -> None:
        self.items.append(item)
        self.event.set()

    def get_in_steps(self) -> int:
        while not self.items:
            self.event.clear()
            self.event.wait()
        return self.items.pop()


def crowd_into(schedule: Schedule) -> tuple[int, Course]:
    room = CheckThenAct()
    with Scheduler(is_test_code) as scheduler:
        for _ in range(2):
            scheduler.start(room.enter_in_steps)
        course = scheduler.run(schedule)
    return room.inside, course


def mail(schedule: Schedule) -> tuple[bool, Course]:
    """Whether the reader waits for ever although there is something for it."""
    box = LostWakeUp()
    with Scheduler(is_test_code) as scheduler:
        reader = scheduler.start(box.get_in_steps)
        scheduler.start(lambda: box.put_in_steps(1))
        course = scheduler.run(schedule)
        return reader.parked and bool(box.items), course


picks = st.lists(st.integers(0, 3), max_size=6).map(tuple)
gaps = st.lists(st.integers(0, 30), max_size=3).map(tuple)


def test_looking_before_entering_goes_wrong_only_with_preemption() -> None:
    assert {crowd_into(Schedule((pick,)))[0] for pick in range(2)} == {1}
    shortest = find(
        st.builds(Schedule, picks, gaps),
        lambda schedule: crowd_into(schedule)[0] > 1,
        settings=settings(database=None),
    )
    assert shortest.picks == ()
    assert len(shortest.preemptions) <= 3
    assert max(shortest.preemptions) <= 1


def found_by_all(wrong: Callable[[Schedule], tuple[bool, Course]], preemptions: int) -> int:
    found = 0

    def run_one(schedule: Schedule) -> Course:
        nonlocal found
        is_wrong, course = wrong(schedule)
        found += is_wrong
        return course

    list(each_schedule(run_one, preemptions))
    return found


def test_a_lost_wake_up_is_always_found_by_the_exhaustive_mode() -> None:
    assert found_by_all(mail, 0) == 0
    assert found_by_all(mail, 1) > 0
    assert found_by_all(mail, 2) > found_by_all(mail, 1)


def test_preemption_reaches_a_thread_that_was_parked_in_the_midst_of_its_work() -> None:
    """It is stopped in the run after the one in which it came there."""
    gate = threading.Event()
    said: list[str] = []

    def steps(name: str) -> None:
        gate.wait()
        said.append(name)
        said.append(name)

    with Scheduler(is_test_code) as scheduler:
        scheduler.start(lambda: steps("a"))
        scheduler.start(lambda: steps("b"))
        scheduler.run()
        gate.set()
        scheduler.run(Schedule(preemptions=(1,)))
    assert said == ["a", "b", "b", "a"]


def test_preemption_reaches_what_runs_inside() -> None:
    said: list[str] = []

    def steps(name: str) -> None:
        said.append(name)
        said.append(name)

    with Scheduler(is_test_code) as scheduler:
        task = scheduler.start(lambda: steps("a"))
        scheduler.start(lambda: steps("b"))
        scheduler.run_inside(task, 1, lambda: steps("inside"))
        scheduler.run(Schedule(preemptions=(1,)))
    assert said == ["inside", "b", "b", "inside", "a", "a"]


def test_points_differ_from_scheduler_to_scheduler() -> None:
    """What one wants to be told of does not stay with the next."""
    assert walk(Schedule(preemptions=(ALL_POINTS,)))[1].points > 0
    with Scheduler(lambda _: False) as scheduler:
        scheduler.start(lambda: walk)
        assert scheduler.run(Schedule(preemptions=(ALL_POINTS,))).points == 0
    assert walk(Schedule(preemptions=(ALL_POINTS,)))[1].points > 0


def test_an_endless_loop_of_the_pool_is_noticed_while_it_is_traced() -> None:
    stop: list[int] = []

    def endless_steps() -> None:
        while not stop:
            pass

    scheduler = Scheduler(is_test_code, watchdog_s=0.3)
    scheduler.start(endless_steps)
    with pytest.raises(CannotHost, match=r"(.|\n)*endless_steps"):
        scheduler.run(Schedule(preemptions=(ALL_POINTS,)))
    stop.append(1)
