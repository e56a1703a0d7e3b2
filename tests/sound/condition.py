"""A pool of callers who all wait on one condition and look, whenever it is notified, whose turn it is.

The condition of the standard library does not hear a notification that its own thread makes while it
is about to wait, as a finalizer does. So what is released is laid down first, and put in order by
whoever holds the lock, when they let it go; a condition lets it go after it has begun to listen.
"""

from collections import deque
from contextlib import suppress
from threading import Condition, Lock
from time import monotonic
from types import TracebackType

import redis
from culprits.sound import SoundPool


class ConditionPool(SoundPool):
    """One condition, notified to all; a ticket for each caller."""

    def prepare(self) -> None:
        self.released: deque[redis.Connection] = deque()
        self.tickets: deque[object] = deque()
        self.tidy_lock = TidyLock(self)
        self.changed = Condition(self.tidy_lock)  # type: ignore[arg-type]  # it need not be a Lock

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        ticket = object()
        deadline = None if timeout is None else monotonic() + timeout
        with self.changed:
            self.tickets.append(ticket)
            try:
                while not self.is_turn(ticket):
                    left = None if deadline is None else deadline - monotonic()
                    if left is not None and left <= 0:
                        return None
                    self.changed.wait(left)
                return self.lend()
            finally:
                self.tickets.remove(ticket)
                self.changed.notify_all()

    def is_turn(self, ticket: object) -> bool:
        self.tidy()
        return self.tickets.index(ticket) < len(self.idle) + self.max_connections - self.opened

    def tidy(self) -> None:
        if self.released:
            with suppress(IndexError):
                while True:
                    self.idle.append(self.released.popleft())
            self.changed.notify_all()

    def release(self, connection: redis.Connection) -> None:
        try:
            self.in_use.remove(connection)
        except KeyError:
            self.turn_down(connection)
            return
        self.released.append(connection)
        self.tidy_lock.tidy()

    def disconnect(self) -> None:
        with self.changed:
            for connection in (*self.idle, *self.in_use.copy()):
                connection.disconnect()


class TidyLock:
    """A lock that is let go only when the pool behind it is in order."""

    def __init__(self, pool: ConditionPool) -> None:
        self.pool = pool
        self.lock = Lock()
        self.acquire = self.lock.acquire

    def release(self) -> None:
        self.lock.release()
        self.tidy()

    def tidy(self) -> None:
        """Put the pool in order, unless somebody is inside: they do it on leaving."""
        while self.pool.released and self.lock.acquire(blocking=False):
            try:
                self.pool.tidy()
            finally:
                self.lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
