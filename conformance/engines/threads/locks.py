"""
Locks that a conducted thread parks at, and that are Python's own for every other thread.

Each keeps a real lock. A conducted thread only ever tries it, so both kinds of threads may use the
same lock, one made long before there was a scheduler included.
"""

from _thread import TIMEOUT_MAX
from collections.abc import Callable
from types import TracebackType

from ...isolation import real
from .task import Task, controlled


def take(
    task: Task,
    attempt: Callable[[], bool],
    is_free: Callable[[], bool],
    timeout_s: float,
    name: str,
) -> bool:
    """Try until it works or the time (-1: no end) is over. There is no line: anyone may be first."""
    if attempt():
        return True
    scheduler = task.scheduler
    deadline_s = None if timeout_s == -1 else scheduler.deadline_after(timeout_s)
    while deadline_s is None or scheduler.now_s < deadline_s:
        scheduler.park(task, is_free, deadline_s, name)
        if attempt():
            return True
    scheduler.count_step(task)
    return False


class AlsoReal(type):
    """Makes `isinstance(lock, threading.Lock)` true for the locks that Python made itself."""

    kept: type
    """What Python makes."""

    def __instancecheck__(cls, instance: object) -> bool:
        return type.__instancecheck__(cls, instance) or isinstance(instance, cls.kept)


class Lock(metaclass=AlsoReal):
    """In the place of threading.Lock."""

    __slots__ = ("__weakref__", "_real")
    kept = real.LockType

    def __init__(self) -> None:
        self._real = real.allocate_lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As threading.Lock has it."""
        task = controlled()
        if task is None or not _sound(blocking, timeout):
            return self._real.acquire(blocking, timeout)
        if not blocking:
            if self._real.acquire(False):
                return True
            task.scheduler.count_step(task)
            return False
        return take(task, self._attempt, self._is_free, timeout, "a lock")

    def release(self) -> None:
        """As threading.Lock has it."""
        self._real.release()

    def locked(self) -> bool:
        """As threading.Lock has it."""
        return self._real.locked()

    acquire_lock = acquire
    release_lock = release
    locked_lock = locked
    __enter__ = acquire

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._real.release()

    def __repr__(self) -> str:
        return repr(self._real)

    def _at_fork_reinit(self) -> None:
        self._real._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001 - as `threading` does

    def _attempt(self) -> bool:
        return self._real.acquire(False)

    def _is_free(self) -> bool:
        return not self._real.locked()


class RLock(metaclass=AlsoReal):
    """In the place of threading.RLock. Belongs to a real thread, and every task is one of its own."""

    __slots__ = ("__weakref__", "_depth", "_real")
    kept = real.RLockType

    def __init__(self) -> None:
        self._real = real.RLockType()
        # How often it is held: written by its owner only, between taking it and giving it back. The
        # real one does not tell others.
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As threading.RLock has it."""
        task = controlled()
        if task is None or not _sound(blocking, timeout):
            taken = self._real.acquire(blocking, timeout)
            self._depth += taken
            return taken
        if not blocking:
            if self._attempt():
                return True
            task.scheduler.count_step(task)
            return False
        return take(task, self._attempt, self._is_free, timeout, "an RLock")

    def release(self) -> None:
        """As threading.RLock has it."""
        self._depth -= self._is_owned()
        self._real.release()

    __enter__ = acquire

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.release()

    def __repr__(self) -> str:
        return repr(self._real)

    # What threading.Condition and the module `threading` ask of an RLock.

    def _is_owned(self) -> bool:
        return self._real._is_owned()  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001 - see above

    def _recursion_count(self) -> int:
        return self._depth if self._is_owned() else 0

    def _release_save(self) -> tuple[int, int]:
        if self._is_owned():
            self._depth = 0
        return self._real._release_save()  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001 - see above

    def _acquire_restore(self, state: tuple[int, int]) -> None:
        task = controlled()
        if task is not None:
            scheduler = task.scheduler
            while not self._is_free():
                scheduler.park(task, self._is_free, None, "an RLock", interruptible=False)
        self._real._acquire_restore(state)  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        self._depth = state[0]
        if task is not None:
            task.scheduler.raise_interruption(task)

    def _at_fork_reinit(self) -> None:
        self._depth = 0
        self._real._at_fork_reinit()  # type: ignore[attr-defined]  # noqa: SLF001 - as `threading` does

    def _attempt(self) -> bool:
        taken = self._real.acquire(False)
        self._depth += taken
        return taken

    def _is_free(self) -> bool:
        return self._depth == 0


def _sound(blocking: bool, timeout: float) -> bool:
    """Whether the arguments are such as a real lock takes; if not, it is the one to complain."""
    return timeout == -1 or (bool(blocking) and 0 <= timeout <= TIMEOUT_MAX)
