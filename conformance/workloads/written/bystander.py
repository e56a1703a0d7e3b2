"""The bystander: a thread that uses a pool, and stands still at each new line of the pool's code.

What it holds there it goes on holding: the pool's locks, for one. Only its own thread is traced.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from queue import Empty, SimpleQueue
from threading import Event
from types import CodeType, FrameType
from typing import TYPE_CHECKING

from ...engines.threads.task import described
from ...isolation.call_with_timeout import OVERDUE_S, DaemonExecutor

if TYPE_CHECKING:
    from _typeshed import TraceFunction

STAND_S = 2.0
"""How long it stands: a pool may have the fork wait until nobody is inside."""


class Bystander:
    """Does `work` in a thread of its own."""

    def __init__(
        self,
        work: Callable[[], object],
        is_pool_code: Callable[[CodeType], bool],
        *,
        stands_still: bool,
    ) -> None:
        self.standing = ""
        """Where it stands; empty if it does not."""
        self._work = work
        self._is_pool_code = is_pool_code
        self._places: set[tuple[CodeType, int]] = set()
        self._arrivals: SimpleQueue[tuple[str, Event]] = SimpleQueue()
        """Where it has come to, and what lets it go on. Where it ends is nowhere."""
        self._is_awaited = stands_still
        """Whether anybody asks where it stands. Else it goes on: a fork may be waiting for it."""
        callers = DaemonExecutor()
        self._done = callers.submit(self._run)
        callers.dismiss()

    def stands(self) -> Iterator[str]:
        """Where it stands, one line after the other; it goes on when the next one is asked for."""
        while True:
            self._is_awaited = True
            try:
                where, go_on = self._arrivals.get(timeout=OVERDUE_S)
            except Empty:
                return
            if not where:
                return
            try:
                yield where
            finally:
                go_on.set()

    def ends(self) -> bool:
        """Let it go on to its end, standing still nowhere; whether it has come there."""
        self._is_awaited = False
        wait([self._done], OVERDUE_S)
        return self._done.done()

    def _run(self) -> None:
        sys.settrace(self._on_call)
        try:
            self._work()
        except BaseException:  # noqa: BLE001 - what becomes of the others is judged, not of this one
            return
        finally:
            sys.settrace(None)
            self._arrivals.put(("", Event()))

    def _on_call(self, frame: FrameType, _event: str, _argument: object) -> "TraceFunction | None":
        return self._on_line if self._is_pool_code(frame.f_code) else None

    def _on_line(self, frame: FrameType, event: str, _argument: object) -> "TraceFunction":
        place = frame.f_code, frame.f_lineno
        if event == "line" and place not in self._places and self._is_awaited:
            self._places.add(place)
            self._stand(described(frame))
        return self._on_line

    def _stand(self, where: str) -> None:
        go_on = Event()
        self.standing = where
        self._arrivals.put((where, go_on))
        if not go_on.wait(STAND_S):
            self._is_awaited = False
        self.standing = ""
