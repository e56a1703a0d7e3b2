"""
Real threads that run one task after another, so that a new schedule needs no new threads.

They are daemons: one that got stuck keeps nobody.
"""

import os
from collections.abc import Callable

from . import real


class Worker:
    """A thread that calls `job` each time it is given its turn."""

    def __init__(self) -> None:
        self.turn = real.allocate_lock()
        self.turn.acquire()
        self.job: Callable[[], bool] = bool
        """Returns whether the thread is fit for more."""
        self.ident = real.start_new_thread(self._serve, ())

    def _serve(self) -> None:
        self.turn.acquire()
        while self.job():
            self.turn.acquire()


_free: list[Worker] = []


def take() -> Worker:
    """A worker that has nothing to do."""
    return _free.pop() if _free else Worker()


def give_back(worker: Worker) -> None:
    """Say that this one has nothing to do any more; it may be just about to wait for its turn."""
    _free.append(worker)


if hasattr(os, "register_at_fork"):
    # A child has none of its parent's threads.
    os.register_at_fork(after_in_child=_free.clear)
