"""The queue written in C that waits in C: kept as it is, but a conducted thread parks before it."""

from _queue import Empty
from typing import Generic, TypeVar

from ...isolation import real
from .locks import AlsoReal, take
from .task import controlled

Item = TypeVar("Item")


class SimpleQueue(Generic[Item], metaclass=AlsoReal):
    """In the place of queue.SimpleQueue."""

    __slots__ = ("__weakref__", "_real")
    kept = real.SimpleQueue

    def __init__(self) -> None:
        self._real: real.SimpleQueue[Item] = real.SimpleQueue()

    def put(self, item: Item, block: bool = True, timeout: float | None = None) -> None:
        """As queue.SimpleQueue has it."""
        self._real.put(item, block, timeout)

    def put_nowait(self, item: Item) -> None:
        """As queue.SimpleQueue has it."""
        self._real.put(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Item:
        """As queue.SimpleQueue has it."""
        task = controlled()
        if task is None or (block and timeout is not None and timeout < 0):
            return self._real.get(block, timeout)
        if not block:
            return self.get_nowait()
        found: list[Item] = []

        def attempt() -> bool:
            try:
                found.append(self._real.get(False))
            except Empty:
                return False
            return True

        if not take(task, attempt, self._is_filled, -1 if timeout is None else timeout, "an item"):
            raise Empty
        return found.pop()

    def get_nowait(self) -> Item:
        """As queue.SimpleQueue has it."""
        task = controlled()
        if task is not None and self._real.empty():
            task.scheduler.count_step(task)
        return self._real.get(False)

    def empty(self) -> bool:
        """As queue.SimpleQueue has it."""
        return self._real.empty()

    def qsize(self) -> int:
        """As queue.SimpleQueue has it."""
        return self._real.qsize()

    def _is_filled(self) -> bool:
        return not self._real.empty()
