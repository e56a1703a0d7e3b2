"""One thread that is conducted, whose turn it is, and the exceptions that end a thread early."""

import sys
from collections.abc import Callable
from pathlib import PurePath
from types import CodeType, FrameType
from typing import TYPE_CHECKING

from ...isolation import real

if TYPE_CHECKING:
    from .gate import Gate
    from .scheduler import Scheduler

HERE = str(PurePath(__file__).parent)


class CannotHost(Exception):
    """The code under the scheduler blocks, or runs on and on, where the scheduler cannot see it."""


class Abandoned(BaseException):
    """Raised in a thread that is still parked when its scheduler is given up, to end it."""


class Inside:
    """Something to be called in the middle of a task's work."""

    def __init__(self, point: int, work: Callable[[], object]) -> None:
        self.left = point
        self.work = work
        self.happened = False
        """Whether it was called; whether it returned is another matter."""


class Task:
    """A thread that runs only when it is its turn. Its public part is for everybody."""

    def __init__(self, scheduler: "Scheduler", number: int, turn: "real.LockType") -> None:
        self.scheduler = scheduler
        self.number = number
        """From 0, in the order of starting."""
        self.adopted = False
        """Whether it is a thread that another one started."""
        self.done = False
        self.error: BaseException | None = None
        """What its work raised."""
        self.deadline_s: float | None = None
        """When the timed wait it is parked in ends, by the virtual clock."""
        self.waits_for = ""
        """What it is parked at, in words."""
        self.at_gate: Gate | None = None
        """The gate it is parked at."""
        # All below belongs to the scheduler.
        self.turn = turn
        """Locked. To unlock it is to give this task its turn."""
        self.ident: int | None = None
        self.begun = False
        self.ready: Callable[[], bool] | None = None
        """While parked: whether what it waits for is there."""
        self.interruptible = True
        self.roused = False
        """Whether it goes on without what it waits for."""
        self.interruption: BaseException | None = None
        self.abandoned = False
        self.insides: list[Inside] = []
        self.traced = False

    @property
    def parked(self) -> bool:
        """Whether it is blocked in a call; until the next run also when it need not be any more."""
        return self.ready is not None

    def stack(self) -> tuple[str, ...]:
        """Where it is in the pool's code, as "file:line function", the outermost first."""
        return self.frames(self.scheduler.is_pool_code)

    def frames(self, shown: Callable[[CodeType], bool]) -> tuple[str, ...]:
        """Where it is, in the code that is `shown`."""
        found: list[str] = []
        if self.begun and not self.done and self.ident is not None:
            frame = sys._current_frames().get(self.ident)  # noqa: SLF001 - the only way to see them
            while frame is not None:
                if not frame.f_code.co_filename.startswith(HERE) and shown(frame.f_code):
                    found.append(described(frame))
                frame = frame.f_back
        return tuple(reversed(found))

    def __repr__(self) -> str:
        state = "done" if self.done else f"waits for {self.waits_for}" if self.parked else "can run"
        return f"<task {self.number}: {state}>"


class Turn:
    """Whose turn it is. There is one for the whole process: one thread of one scheduler runs."""

    __slots__ = ("task",)

    def __init__(self) -> None:
        self.task: Task | None = None


turn = Turn()


def controlled() -> Task | None:
    """The task that the calling thread is; None in a thread that no scheduler conducts."""
    task = turn.task
    return task if task is not None and task.ident == real.get_ident() else None


def described(frame: FrameType) -> str:
    """The place of a frame; of its file the last two parts, which say enough on any machine."""
    parts = PurePath(frame.f_code.co_filename).parts[-2:]
    return f"{'/'.join(parts)}:{frame.f_lineno} {frame.f_code.co_qualname}"
