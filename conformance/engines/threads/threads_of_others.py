"""Threads that a pool has started and that nobody conducts: what they do, no virtual clock knows."""

import threading
from collections.abc import Collection, Sequence

from ...isolation.call_with_timeout import THREAD_NAME
from . import CannotHost, Task, is_worker

OF_EXECUTOR = "asyncio_"
"""How asyncio calls the threads in which it makes calls, which the loop knows of."""


def threads_now() -> frozenset[int]:
    """The threads that run now."""
    return frozenset(thread.ident or 0 for thread in threading.enumerate())


def threads_of_pool(before: Collection[int]) -> list[str]:
    """The names of the threads that run now, did not run before, and are not the kit's."""
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.ident not in before
        and not thread.name.startswith((THREAD_NAME, OF_EXECUTOR))
        and not is_worker(thread.ident)
        and thread is not threading.main_thread()
    ]


class SharedThreads:
    """Notices a thread that several pools share: it belongs to no program, so no scheduler has it.

    A pool with a thread of its own starts one in every program. If one was left from before, and a
    program starts none, then its pools rely on what is left.
    """

    def __init__(self, before: Collection[int]) -> None:
        self._before = before
        self._left = False

    def look(self, tasks: Sequence[Task]) -> None:
        """Look at the threads of a program that is over. Raises CannotHost if one may be missing."""
        own = [task for task in tasks if task.adopted]
        left, self._left = self._left, any(not task.done for task in own)
        if not own and (left or threads_of_pool(self._before)):
            raise CannotHost(
                "a thread that was started for an earlier pool goes on, and may serve every pool"
            )
