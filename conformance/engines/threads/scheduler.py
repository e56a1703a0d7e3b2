"""
Runs unmodified threaded code one thread at a time, in an order that is given, by a virtual clock.

Every thread has a lock of its own, which is locked; to unlock it is to give the thread its turn. A
thread that would block parks instead, and gives the turn to the next itself. When none can go on, the
turn is back with the caller of `run`.

Nobody tells a parked thread that it may go on: at each choice the scheduler asks which threads could.
So any thread may release a lock, and nothing is promised to those that wait for it.
"""

import gc
import math
import sys
import traceback
from collections.abc import Callable
from types import CodeType, TracebackType
from typing import Self

from ...isolation import real
from ...programs.schedule import Schedule
from . import workers
from .course import ALL_POINTS, Choice, Course
from .gate import Gate
from .points import Interest, call_inside, points
from .task import Abandoned, CannotHost, Inside, Task, turn

START_S = 1000.0
"""
What the virtual clock shows at first. Sums and differences with timeouts below that are exact enough
for a wait to end at its deadline and not a rounding error before.
"""

MOST_STEPS = 100_000
"""How often threads may read the clock, try for a lock or block in one run; more is a circle."""

EXHAUSTED = -1


def never() -> bool:
    """What a sleeper waits for."""
    return False


class Scheduler:
    """
    Conducts the threads that `start` makes, and those that they start themselves.

    `is_pool_code` says which code has pre-emption points, one before every line, and at the entry of
    which functions `run_inside` may act. Pass the same function object every time: what it said is
    remembered.
    """

    def __init__(
        self,
        is_pool_code: Callable[[CodeType], bool],
        *,
        watchdog_s: float = 3.0,
    ) -> None:
        self.is_pool_code = is_pool_code
        self._watchdog_s = watchdog_s
        self.now_s = START_S
        self.tasks: list[Task] = []
        """All of them, in the order in which they were started."""
        self.connects = Gate("connect")
        """Before every `socket.connect`."""
        self.interest = points.prepare(Interest(is_pool_code))
        self._live: list[Task] = []
        self._home = real.allocate_lock()
        self._home.acquire()
        self._unusable: str | None = None
        self._abandoning = False
        self._abandoned = False
        self._steps = 0
        self._last_step = 0
        self._follow(Schedule())

    # For code outside of the conducted threads, between runs.

    def start(self, work: Callable[[], object]) -> Task:
        """A thread that will do `work`. It does nothing before the next run."""
        self._must_be_idle()
        worker = workers.take()
        task = self._enrol(worker.turn)
        task.ident = worker.ident
        worker.job = lambda: self._conduct(task, work, worker)
        return task

    def run(self, schedule: Schedule = Schedule()) -> Course:  # noqa: B008 - it is immutable
        """Let every thread go on until all are done or parked."""
        self._follow(schedule)
        return self.go_on()

    def go_on(self) -> Course:
        """Like `run`, with what is left of the schedule; returns the course since that `run`."""
        self._must_be_idle()
        self.interest = points.prepare(self.interest)
        collecting = gc.isenabled()
        gc.disable()
        try:
            first = self._next()
            if first is not None:
                self._last_step = self._steps + MOST_STEPS
                self._give_turn(first)
                self._wait_for_home()
        finally:
            if collecting:
                gc.enable()
        return Course(tuple(self._choices), self._points, tuple(self._preemptible))

    def next_deadline_s(self) -> float | None:
        """When the first of the parked threads' timed waits ends."""
        return min(
            (task.deadline_s for task in self._live if task.deadline_s is not None), default=None
        )

    def advance_to(self, at_s: float) -> None:
        """Set the clock. Whose wait is over by then goes on at the next run."""
        self._must_be_idle()
        if at_s < self.now_s:
            raise ValueError(f"it is {self.now_s} s already: the clock cannot go back to {at_s} s")
        self.now_s = at_s

    def interrupt(self, task: Task, error: BaseException) -> None:
        """
        Have `task` raise this from the call it is parked in, at the next run, as a signal would.

        A few calls cannot be interrupted, such as taking back the RLock of a Condition. Then it
        is raised when the call returns.
        """
        self._must_be_idle()
        if not task.parked:
            raise ValueError(f"{task!r} is not parked: there is no call to interrupt")
        task.interruption = error
        task.roused = task.interruptible

    def run_inside(self, task: Task, point: int, work: Callable[[], object]) -> Inside:
        """
        Have `task` call `work` at the `point`-th function entry from now on; 1 is the next one.

        That is how a garbage collector runs a finalizer, and Python a signal handler.
        """
        self._must_be_idle()
        if point < 1:
            raise ValueError(f"there is no entry {point}: the next one is 1")
        inside = Inside(point, work)
        task.insides.append(inside)
        return inside

    @property
    def connects_held(self) -> bool:
        """Whether conducted threads park before they connect a socket. Can be set."""
        return not self.connects.is_open

    @connects_held.setter
    def connects_held(self, held: bool) -> None:
        self.connects.is_open = not held

    def be_patient(self, watchdog_s: float) -> None:
        """Let threads be blocked for so long from now on, where the scheduler cannot see why."""
        self._watchdog_s = watchdog_s

    def abandon(self) -> None:
        """End every thread that is not done. Bounded: one that does not let itself be ended is left."""
        if self._unusable is not None or self._abandoned:
            return
        self._abandoning = True
        for task in list(self._live):
            task.abandoned = task.roused = True
        try:
            self.run()
        except CannotHost:
            return
        self._abandoned = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.abandon()

    # For the primitives, in the thread whose turn it is.

    def park(
        self,
        task: Task,
        ready: Callable[[], bool],
        deadline_s: float | None,
        waits_for: str,
        *,
        gate: Gate | None = None,
        interruptible: bool = True,
    ) -> None:
        """Return when `ready` or at the deadline; the caller looks which. Raises what interrupts."""
        if task.abandoned:
            self.count_step(task)
            raise Abandoned
        task.ready, task.deadline_s, task.waits_for = ready, deadline_s, waits_for
        task.at_gate, task.interruptible = gate, interruptible
        self._pass_on(task, self._next())
        task.ready = task.deadline_s = task.at_gate = None
        task.waits_for, task.roused = "", False
        if task.abandoned:
            raise Abandoned
        if interruptible:
            self.raise_interruption(task)

    def raise_interruption(self, task: Task) -> None:
        """Raise what the task was interrupted with, if it was."""
        if task.interruption is not None:
            error, task.interruption = task.interruption, None
            raise error

    def yield_turn(self, task: Task) -> None:
        """Let the others go first, round and round: two must not keep a third from running."""
        self._pass_on(task, self._next(behind=task))

    def deadline_after(self, timeout_s: float) -> float:
        """When a wait of this length ends; never in less than its length, and later than now."""
        if timeout_s <= 0:
            return self.now_s
        deadline_s = self.now_s + timeout_s
        while deadline_s - self.now_s < timeout_s or deadline_s == self.now_s:
            deadline_s = math.nextafter(deadline_s, math.inf)
        return deadline_s

    def read_clock(self, task: Task) -> float:
        """The virtual time."""
        self.count_step(task)
        return self.now_s

    def count_step(self, task: Task) -> None:
        """Notice a thread that goes in circles."""
        self._steps += 1
        if self._steps > self._last_step:
            self._give_up(task)

    def adopt(self, bootstrap: Callable[[Task], None]) -> tuple[Task, Callable[[], None]]:
        """A task for a thread that a task starts, and what that thread has to do."""
        own_turn = real.allocate_lock()
        own_turn.acquire()
        task = self._enrol(own_turn)
        task.abandoned = task.roused = self._abandoning
        task.adopted = True

        def serve() -> None:
            task.ident = real.get_ident()
            own_turn.acquire()
            self._conduct(task, lambda: bootstrap(task), None)

        return task, serve

    # For the listeners, in the thread whose turn it is.

    def listens(self, task: Task) -> bool:
        """Whether anything is to happen at a point or an entry."""
        return self._countdown != EXHAUSTED or bool(task.insides)

    def at_point(self, task: Task) -> None:
        """The task is at a pre-emption point."""
        self._points += 1
        if self._countdown > 0:
            self._countdown -= 1
            if self._noting and not task.abandoned and self._runnable(task):
                self._preemptible.append(self._points - 1)
        elif self._countdown == 0:
            self._next_gap()
            if not task.abandoned and self._runnable(task):
                self._pass_on(task, self._next(without=task))

    def at_entry(self, task: Task) -> None:
        """The task enters a function."""
        if task.abandoned:
            task.insides.clear()
        due = []
        for inside in task.insides:
            inside.left -= 1
            if inside.left == 0:
                due.append(inside)
        for inside in due:
            task.insides.remove(inside)
            inside.happened = True
            call_inside(inside.work)

    # Who is next.

    def _follow(self, schedule: Schedule) -> None:
        self._picks = list(reversed(schedule.picks))
        self._gaps = list(reversed(schedule.preemptions))
        self._choices: list[Choice] = []
        self._points = 0
        self._preemptible: list[int] = []
        self._next_gap()

    def _next_gap(self) -> None:
        self._countdown = self._gaps.pop() if self._gaps else EXHAUSTED
        self._noting = self._countdown == ALL_POINTS

    def _runnable(self, without: Task | None = None) -> list[Task]:
        """The threads that could go on now."""
        return [
            task
            for task in self._live
            if task is not without
            and (
                task.ready is None
                or task.roused
                or (task.deadline_s is not None and task.deadline_s <= self.now_s)
                or task.ready()
            )
        ]

    def _next(self, *, without: Task | None = None, behind: Task | None = None) -> Task | None:
        runnable = self._runnable(without)
        if len(runnable) < 2:
            return runnable[0] if runnable else None
        if behind is not None:
            runnable = [task for task in runnable if task.number > behind.number] + [
                task for task in runnable if task.number <= behind.number
            ]
        picked = self._picks.pop() % len(runnable) if self._picks else 0
        self._choices.append(Choice(len(runnable), picked, self._points))
        return runnable[picked]

    # How the turn goes round.

    def _give_turn(self, task: Task | None) -> None:
        turn.task = task
        if task is None:
            self._home.release()
        else:
            task.begun = True
            task.turn.release()

    def _pass_on(self, task: Task, following: Task | None) -> None:
        """Give the turn away; returns when it is back."""
        self.count_step(task)
        if following is not task:
            self._give_turn(following)
            task.turn.acquire()
        points.resume(task)

    def _conduct(
        self, task: Task, work: Callable[[], object], worker: workers.Worker | None
    ) -> bool:
        """The whole life of a task, in its own thread, from its first turn on."""
        points.resume(task)
        try:
            if not task.abandoned or worker is None:
                work()
        except Abandoned:
            pass
        except BaseException as raised:  # noqa: BLE001 - it is read from the task
            if not task.abandoned:
                task.error = raised
        points.leave(task)
        if turn.task is not task:
            # It was given up, and came back when nobody counted on it any more.
            return False
        task.done = True
        self._live.remove(task)
        following = self._next()
        if worker is not None:
            worker.job = bool
            workers.give_back(worker)
        self._give_turn(following)
        return True

    def _enrol(self, own_turn: "real.LockType") -> Task:
        task = Task(self, len(self.tasks), own_turn)
        self.tasks.append(task)
        self._live.append(task)
        return task

    # When it does not.

    def _must_be_idle(self) -> None:
        if self._unusable is not None:
            raise CannotHost(self._unusable)
        if self._abandoned:
            raise RuntimeError("this scheduler was abandoned: make a new one")
        if turn.task is not None:
            raise RuntimeError("a scheduler is running: only one can, and only from outside of it")

    def _wait_for_home(self) -> None:
        seen = self._steps
        while not self._home.acquire(timeout=self._watchdog_s):
            stuck = turn.task
            if self._steps == seen and stuck is not None:
                self._unusable = (
                    f"a thread did nothing for {self._watchdog_s:g} s that the scheduler could see: "
                    f"it blocks outside of it, or runs on and on, {_place(stuck)}"
                )
                turn.task = None
            if self._unusable is not None:
                break
            seen = self._steps
        if self._unusable is not None:
            raise CannotHost(self._unusable)

    def _give_up(self, task: Task) -> None:
        """End the run from within, and leave this thread where it is."""
        self._unusable = (
            f"thread {task.number} goes in circles: after {MOST_STEPS} steps nothing has become of it, "
            f"at\n{_place(task)}"
        )
        turn.task = None
        self._home.release()
        forever = real.allocate_lock()
        with forever:
            forever.acquire()


def _place(task: Task) -> str:
    """Where a thread is, in one line, and how it came there, in those that follow."""
    frame = sys._current_frames().get(task.ident or 0)  # noqa: SLF001 - the only way to see them
    if frame is None:
        return "and has ended"
    stack = "".join(traceback.format_stack(frame))
    return f"in {frame.f_code.co_qualname} ({frame.f_code.co_filename}, line {frame.f_lineno})\n{stack}"
