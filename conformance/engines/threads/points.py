"""
Tells the scheduler when a conducted thread comes to a pre-emption point or enters a function.

From Python 3.12 on sys.monitoring instruments the pool's code once, and costs little where nothing
is asked for. Before, sys.settrace is set in the threads that run, and only when something is.
"""

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TYPE_CHECKING

from .task import HERE, Task, controlled

if TYPE_CHECKING:
    from _typeshed import TraceFunction

    from .scheduler import Scheduler


class Interest:
    """Which code the scheduler wants to be told of: its pre-emption points and its entries."""

    def __init__(self, is_pool_code: Callable[[CodeType], bool]) -> None:
        self.is_pool_code = is_pool_code
        # By identity: code is slow to hash. The code is kept so that its identity stays its own.
        self._known: dict[int, tuple[CodeType, bool]] = {}

    def of(self, code: CodeType) -> bool:
        """Whether this code is of interest."""
        known = self._known.get(id(code))
        if known is None:
            interests = not code.co_filename.startswith(HERE) and bool(self.is_pool_code(code))
            known = self._known[id(code)] = code, interests
        return known[1]

    def known(self) -> list[CodeType]:
        """The code of interest that has been met so far."""
        return [code for code, interests in self._known.values() if interests]

    def same_as(self, other: "Interest") -> bool:
        """Whether both are interested in the same code."""
        return self.is_pool_code == other.is_pool_code


if sys.version_info >= (3, 12):
    monitoring = sys.monitoring
    _NAME = "poolproof scheduler"

    class Points:
        """
        The process's one listener. It stays: to take the instruments away and put them back would
        cost more than they do, and threads that are not conducted are let go at once.
        """

        def __init__(self) -> None:
            self._interest: Interest | None = None
            self._tool: int | None = None

        def prepare(self, interest: Interest) -> Interest:
            """Listen to code for which there is interest, from now on; returns the interest to use."""
            if self._interest is not None and interest.same_as(self._interest):
                return self._interest
            tool = self._obtain_tool()
            if self._interest is not None:
                for code in self._interest.known():
                    monitoring.set_local_events(tool, code, 0)
            self._interest = interest
            events = monitoring.events
            monitoring.register_callback(tool, events.PY_START, self._on_start)
            monitoring.register_callback(tool, events.LINE, _on_point)
            monitoring.set_events(tool, events.PY_START)
            monitoring.restart_events()
            return interest

        def forget(self) -> None:
            """Take every instrument away."""
            if self._tool is None:
                return
            monitoring.set_events(self._tool, 0)
            for code in self._interest.known() if self._interest else ():
                monitoring.set_local_events(self._tool, code, 0)
            monitoring.free_tool_id(self._tool)
            self._interest = self._tool = None

        def resume(self, task: Task) -> None:
            """Nothing to do here: all threads are listened to."""

        def leave(self, task: Task) -> None:
            """Nothing to do here."""

        def _obtain_tool(self) -> int:
            if self._tool is None:
                # The others are spoken for: debugger, coverage, profiler, optimizer. 3 is Hypothesis's.
                free = [tool for tool in (4, 3) if monitoring.get_tool(tool) is None]
                if not free:
                    raise RuntimeError(
                        "other tools use sys.monitoring's ids 3 and 4: run without them"
                    )
                self._tool = free[0]
                monitoring.use_tool_id(self._tool, _NAME)
            return self._tool

        def _on_start(self, code: CodeType, _offset: int) -> object:
            assert self._interest is not None
            assert self._tool is not None
            if not self._interest.of(code):
                return monitoring.DISABLE
            if not monitoring.get_local_events(self._tool, code):
                monitoring.set_local_events(self._tool, code, monitoring.events.LINE)
            task = controlled()
            if task is not None and task.insides:
                task.scheduler.at_entry(task)
            return None

    def _on_point(_code: CodeType, _where: int) -> None:
        task = controlled()
        if task is not None:
            task.scheduler.at_point(task)

else:

    class Points:
        """What there is to know about tracing, for the whole process."""

        def __init__(self) -> None:
            self._interest: Interest | None = None

        def prepare(self, interest: Interest) -> Interest:
            """The interest to use: what is known of the code is kept from one scheduler to the next."""
            if self._interest is None or not interest.same_as(self._interest):
                self._interest = interest
            return self._interest

        def forget(self) -> None:
            """Forget what is known."""
            self._interest = None

        def resume(self, task: Task) -> None:
            """Trace this thread, or stop; it is the calling one, and it is its turn."""
            if task.scheduler.listens(task):
                # A listener that raised, as what happens inside may, is not called any more.
                if not task.traced or sys.gettrace() is None:
                    task.traced = True
                    _trace(task, task.scheduler)
            elif task.traced:
                self.leave(task)

        def leave(self, task: Task) -> None:
            """Stop tracing this thread, for now or for good."""
            if task.traced:
                task.traced = False
                sys.settrace(None)

    def _trace(task: Task, scheduler: "Scheduler") -> None:
        interest_of = scheduler.interest.of

        def on_call(frame: FrameType, _event: str, _argument: object) -> "TraceFunction | None":
            if not interest_of(frame.f_code):
                return None
            if task.insides:
                scheduler.at_entry(task)
            return on_point

        def on_point(_frame: FrameType, event: str, _argument: object) -> "TraceFunction":
            if event == "line":
                scheduler.at_point(task)
            return on_point

        # It may be in the midst of the pool's code already.
        frame: FrameType | None = sys._getframe()  # noqa: SLF001 - there is no public way
        while frame is not None:
            if interest_of(frame.f_code):
                frame.f_trace = on_point
            frame = frame.f_back
        sys.settrace(on_call)


def call_inside(work: Callable[[], object]) -> None:
    """Call `work` from a listener, with its own points and entries being listened to again."""

    def call() -> None:
        if sys.version_info < (3, 12):
            # Python 3.11 only stops ignoring events; that there are any has to be said again.
            sys.settrace(sys.gettrace())
        work()

    sys.call_tracing(call, ())


points = Points()
