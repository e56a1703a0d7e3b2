"""Threads that conducted threads start: they are conducted, too."""

from collections.abc import Callable, Mapping
from threading import Thread, current_thread
from weakref import WeakKeyDictionary

from ...isolation import real
from .task import Abandoned, Task, controlled

_tasks: WeakKeyDictionary[Thread, Task] = WeakKeyDictionary()


def start_new_thread(
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object] | None = None,
    /,
) -> int:
    """As `_thread` has it."""
    task = controlled()
    more = dict(kwargs or {})
    if task is None:
        return real.start_new_thread(function, args, more)
    return real.start_new_thread(_adopted(task, lambda: function(*args, **more), function), ())


def start_joinable_thread(
    function: Callable[[], object], *, handle: object = None, daemon: bool = True
) -> object:
    """As `_thread` has it from Python 3.13 on."""
    assert real.start_joinable_thread is not None
    task = controlled()
    if task is not None:
        function = _adopted(task, function, function)
    if handle is None:
        return real.start_joinable_thread(function, daemon=daemon)
    return real.start_joinable_thread(function, handle=handle, daemon=daemon)


def _adopted(
    starter: Task, call: Callable[[], object], function: Callable[..., object]
) -> Callable[[], None]:
    """What the new thread has to do to be conducted like the one that starts it."""
    thread = getattr(function, "__self__", None)

    def bootstrap(_task: Task) -> None:
        call()

    task, serve = starter.scheduler.adopt(bootstrap)
    if isinstance(thread, Thread):
        _tasks[thread] = task
        run = thread.run

        def run_unless_abandoned() -> None:
            # Nobody else need hear of it: `threading` would report it as an error of the thread.
            try:
                if not task.abandoned:
                    run()
            except Abandoned:
                pass
            except BaseException as raised:
                task.error = raised
                raise
            finally:
                del thread.run

        thread.run = run_unless_abandoned  # type: ignore[method-assign]  # for this thread alone
    return serve


def join(thread: Thread, timeout: float | None = None) -> None:
    """As threading.Thread has it."""
    caller, task = controlled(), _tasks.get(thread)
    if caller is None or task is None or thread is current_thread():
        real.join(thread, timeout)
        return
    scheduler = caller.scheduler
    deadline_s = None if timeout is None else scheduler.deadline_after(timeout)
    while not task.done and (deadline_s is None or scheduler.now_s < deadline_s):
        scheduler.park(caller, lambda: task.done, deadline_s, f"the end of thread {task.number}")
    if task.done:
        # It has nothing left to do but to end.
        real.join(thread)


def is_alive(thread: Thread) -> bool:
    """As threading.Thread has it."""
    task = _tasks.get(thread)
    if controlled() is not None and task is not None and task.done:
        real.join(thread)
    return real.is_alive(thread)
