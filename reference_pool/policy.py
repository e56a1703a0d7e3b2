"""
Who gets which connection next. Pure decisions: no lock, no clock, no thread, no task, no socket, so
that pools of either colour share them.

A pool is `max_connections` slots. A slot is in use, or idle (with a connection nobody uses), or empty.
Two queues, both first in, first out, one of idle slots and one of waiters, and one rule: whenever
something was added to either, `serve` brings their fronts together until one of them runs out. So
nobody waits while a slot is free, and a newcomer takes an idle slot only when nobody waits.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Generic, Literal, Protocol, TypeVar


class Ending(Enum):
    """How a wait ends that ends without a slot."""

    CLOSED = "the pool was closed"
    DECLINED = "the waiter's time was over, or it was interrupted"


class SlotLike(Protocol):
    """What the policy must know of a slot."""

    @property
    def connection(self) -> object | None:
        """The connection in it; None when nobody opened one, or opening it failed."""


S = TypeVar("S", bound=SlotLike)
Offered = TypeVar("Offered", contravariant=True)


class WaiterLike(Protocol[Offered]):
    """What the policy must know of a waiter."""

    def offer(self, slot: Offered | Literal[Ending.CLOSED], /) -> bool:
        """Whether the waiter accepts; one that expired or was interrupted declines."""


class Queues(Generic[S]):
    """
    The idle slots, the empty slots and the waiters of one pool.

    `take` and `give` are single steps that anyone may do at any moment, even in the middle of
    another call. All else is for one at a time; whoever did it looks at `due` afterwards, since a
    slot may have been given meanwhile.
    """

    def __init__(
        self, max_connections: int, new_slot: Callable[[], S], *, closed: bool = False
    ) -> None:
        self._max_connections = max_connections
        self._new_slot = new_slot
        self._unmade = max_connections
        self._empty: deque[S] = deque()
        self.idle: deque[S] = deque()
        self.waiters: deque[WaiterLike[S]] = deque()
        self.closed = closed

    @property
    def in_use(self) -> int:
        """How many slots are with a caller that uses or connects what is in them."""
        return self._max_connections - self._unmade - len(self._empty) - len(self.idle)

    @property
    def due(self) -> bool:
        """Whether `serve` has something to do."""
        if self.closed:
            return bool(self.idle)
        return bool(self.waiters) and bool(self.idle or self._empty or self._unmade)

    def take(self) -> S | None:
        """The slot that has been idle longest, unless somebody waits for it."""
        if self.waiters or self.closed:
            return None
        try:
            return self.idle.popleft()
        except IndexError:
            return None

    def give(self, slot: S) -> bool:
        """Take back a slot; True when somebody must look whether anything is due."""
        (self.idle if slot.connection is not None else self._empty).append(slot)
        return self.closed or len(self.waiters) > 0

    def join(self, waiter: WaiterLike[S]) -> None:
        """Go to the end of the queue, and be served if it is one's turn. A closed pool has no queue."""
        if self.closed:
            waiter.offer(Ending.CLOSED)
        else:
            self.waiters.append(waiter)
            self.serve()

    def leave(self, waiter: WaiterLike[S]) -> None:
        """Forget a waiter that declines from now on, unless its turn has come already."""
        with suppress(ValueError):
            self.waiters.remove(waiter)

    def serve(self) -> list[S]:
        """Offer what is free to the waiters in their order; in a closed pool nothing, but `clear`."""
        if self.closed:
            return self.clear()
        while self.waiters and (slot := self._free_slot()) is not None:
            while self.waiters:
                if self.waiters.popleft().offer(slot):
                    break
            else:
                self.give(slot)
        return []

    def clear(self) -> list[S]:
        """Make every idle slot a new one; returns the old, for the caller to close what is in them."""
        cleared = []
        with suppress(IndexError):
            while True:
                cleared.append(self.idle.popleft())
                self._unmade += 1
        return cleared

    def close(self) -> list[S]:
        """Tell every waiter, let nobody in any more, and `clear`."""
        self.closed = True
        while self.waiters:
            self.waiters.popleft().offer(Ending.CLOSED)
        return self.clear()

    def _free_slot(self) -> S | None:
        """An idle slot, else an empty one: a connection is used again before another is opened."""
        for slots in (self.idle, self._empty):
            with suppress(IndexError):
                return slots.popleft()
        if self._unmade:
            self._unmade -= 1
            return self._new_slot()
        return None
