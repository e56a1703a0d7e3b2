"""A task that is cancelled at a chosen suspension, and the sweep over all of them.

A coroutine suspends when it gives control back to the loop; what a task that it started does is not
counted. It can be cancelled while it is suspended, or in the gap between the completion of what it
waits for and the moment it goes on: then the giver of a connection believes that the task has it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import CodeType, FrameType, TracebackType
from typing import Final, Generic, TypeVar

from ...programs.schedule import Cancellation

_Result = TypeVar("_Result")
_Result_co = TypeVar("_Result_co", covariant=True)

MOST_SUSPENSIONS: Final = 1000


class Counted(Coroutine[object, object, _Result_co], Generic[_Result_co]):
    """Stands in for a coroutine, counts its suspensions, and has its task cancelled at one."""

    def __init__(
        self,
        coroutine: Coroutine[object, object, _Result_co],
        cancellation: Cancellation | None = None,
    ) -> None:
        self.suspensions = 0
        """How many there were so far."""
        self.cancelled = False
        """Whether the cancellation was delivered."""
        self._coroutine = coroutine
        self._cancellation = cancellation
        # asyncio names a task's coroutine by these.
        self.__name__ = getattr(coroutine, "__name__", "coroutine")
        self.__qualname__ = getattr(coroutine, "__qualname__", "coroutine")

    def send(self, value: object, /) -> object:
        """Go on."""
        return self._suspended(self._coroutine.send(value))

    def throw(  # type: ignore[override]  # the three forms of the protocol in one
        self,
        kind: type[BaseException] | BaseException,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
        /,
    ) -> object:
        """Go on with an exception."""
        raised = kind if isinstance(kind, BaseException) else (value or kind())
        if traceback is not None:
            raised = raised.with_traceback(traceback)
        return self._suspended(self._coroutine.throw(raised))

    def close(self) -> None:
        """End without going on."""
        self._coroutine.close()

    def __await__(self) -> "Counted[_Result_co]":  # type: ignore[override]  # a coroutine is as good as its iterator
        return self

    def __iter__(self) -> "Counted[_Result_co]":
        return self

    def __next__(self) -> object:
        return self.send(None)

    # What inspect.getcoroutinestate and a task's repr look at, under the names they know.

    @property
    def cr_running(self) -> bool:
        """Whether it runs right now."""
        return bool(getattr(self._coroutine, "cr_running", False))

    @property
    def cr_suspended(self) -> bool:
        """Whether it began and waits."""
        return bool(getattr(self._coroutine, "cr_suspended", False))

    @property
    def cr_frame(self) -> FrameType | None:
        """Its outermost frame; None when it ended."""
        return getattr(self._coroutine, "cr_frame", None)

    @property
    def cr_code(self) -> CodeType | None:
        """Its code."""
        return getattr(self._coroutine, "cr_code", None)

    @property
    def cr_await(self) -> object:
        """What it waits for."""
        return getattr(self._coroutine, "cr_await", None)

    def _suspended(self, awaited: object) -> object:
        self.suspensions += 1
        due = self._cancellation
        if due is not None and due.at_suspension == self.suspensions:
            if not due.late:
                # The task is about to note what it waits for, and cancels that then.
                self._cancel(asyncio.current_task())
            elif asyncio.isfuture(awaited):
                task = asyncio.current_task()
                # The task adds its own wake-up after this, and what was added first is called first.
                awaited.add_done_callback(lambda _: self._cancel(task))
            else:
                # It only let others go first, and goes on in the next turn, right after this.
                asyncio.get_running_loop().call_soon(self._cancel, asyncio.current_task())
        return awaited

    def _cancel(self, task: asyncio.Task[object] | None) -> None:
        if task is not None:
            self.cancelled = task.cancel()


@dataclass(frozen=True, slots=True)
class Started(Generic[_Result]):
    """A task that runs a counted coroutine."""

    task: asyncio.Task[_Result]
    _counted: Counted[_Result]

    @property
    def suspensions(self) -> int:
        """How many there were so far."""
        return self._counted.suspensions

    @property
    def cancelled(self) -> bool:
        """
        Whether the cancellation was delivered.

        A late one is not when what the task waited for never completed.
        """
        return self._counted.cancelled


def start(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[object, object, _Result],
    cancellation: Cancellation | None = None,
    *,
    name: str | None = None,
) -> Started[_Result]:
    """Run a coroutine as a task, to be cancelled then, if at all."""
    counted = Counted(coroutine, cancellation)
    return Started(loop.create_task(counted, name=name), counted)


class TooManySuspensions(ValueError):
    """A sweep came to its bound before it came to the end of the task."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep came to."""

    undisturbed: int
    """How many suspensions there were when nobody was cancelled."""
    tried: tuple[Cancellation, ...]
    """Those that came to their suspension."""
    missed: tuple[Cancellation, ...]
    """Those that did not, though the undisturbed run did: its course is not always the same."""


def sweep(
    run_one: Callable[[Cancellation | None], int], *, at_most: int = MOST_SUSPENSIONS
) -> Sweep:
    """
    Run once undisturbed, then once for every suspension and both moments of cancelling at it.

    `run_one` returns how many suspensions there were. It ends when there is no further suspension,
    and raises TooManySuspensions when there are more than `at_most`.
    """
    undisturbed = run_one(None)
    tried: list[Cancellation] = []
    missed: list[Cancellation] = []
    for number in range(1, at_most + 1):
        reached = False
        for late in (False, True):
            cancellation = Cancellation(number, late)
            if run_one(cancellation) >= number:
                reached = True
                tried.append(cancellation)
            elif number <= undisturbed:
                missed.append(cancellation)
        if not reached and number > undisturbed:
            return Sweep(undisturbed, tuple(tried), tuple(missed))
    raise TooManySuspensions(f"there are more than {at_most} suspensions; does a task never end?")
