"""
Real threads that run one task after another, so that a new schedule needs no new threads.

They are daemons: one that got stuck keeps nobody.
"""

import os
from collections.abc import Callable

from ...isolation import real


class Worker:
    """A thread that calls `job` each time it is given its turn."""

    def __init__(self) -> None:
        self.turn = real.allocate_lock()
        self.turn.acquire()
        self.job: Callable[[], bool] = bool
        """Returns whether the thread is fit for more."""
        self.ident = real.start_new_thread(self._serve, ())
        _idents.add(self.ident)

    def _serve(self) -> None:
        self.turn.acquire()
        while self.job():
            self.turn.acquire()


_free: list[Worker] = []
_idents: set[int] = set()


def is_worker(ident: int | None) -> bool:
    """Whether this is one of the threads that tasks run on.

    `threading` did not start it, and lists it from the moment that a task asks for the thread it runs
    on, as logging does, and starting a thread.
    """
    return ident in _idents


def take() -> Worker:
    """A worker that has nothing to do."""
    return _free.pop() if _free else Worker()


def give_back(worker: Worker) -> None:
    """Say that this one has nothing to do any more; it may be just about to wait for its turn."""
    _free.append(worker)


if hasattr(os, "register_at_fork"):
    # A child has none of its parent's threads.
    os.register_at_fork(after_in_child=_free.clear)
