"""A pool that counts permits: one for each connection that may be in use.

The semaphore of the standard library lets newcomers overtake, so the pool brings its own, which hands
a permit that comes back to the first in the queue. All else is single steps that need no lock.
"""

from collections import deque
from contextlib import suppress
from threading import TIMEOUT_MAX, Lock, RLock

import redis
from culprits.sound import SoundPool


class FairSemaphore:
    """First come, first served. A release may begin in the middle of an acquire."""

    def __init__(self, permits: int) -> None:
        self.permits = permits
        self.gates: deque[Lock] = deque()
        self.lock = RLock()
        self.opening = self.due = False

    def acquire(self, timeout: float | None) -> bool:
        gate = Lock()
        gate.acquire()
        try:
            with self.lock:
                self.gates.append(gate)
                self.open_gates()
            passed = gate.acquire(timeout=-1 if timeout is None else min(timeout, TIMEOUT_MAX))
        except BaseException:
            if not self.leave(gate):
                self.release()
            raise
        return passed or not self.leave(gate)

    def leave(self, gate: Lock) -> bool:
        """Whether the caller was still in the queue, and so has no permit."""
        with self.lock, suppress(ValueError):
            self.gates.remove(gate)
            return True
        return False

    def release(self) -> None:
        with self.lock:
            self.permits += 1
            self.open_gates()

    def open_gates(self) -> None:
        """In the middle of that, have it done once more."""
        self.due = True
        while self.due and not self.opening:
            self.opening = True
            self.due = False
            while self.gates and self.permits:
                self.permits -= 1
                self.gates.popleft().release()
            self.opening = False


class SemaphorePool(SoundPool):
    """Whoever has a permit takes the connection that is idle longest, or opens one if none is."""

    def prepare(self) -> None:
        self.permits = FairSemaphore(self.max_connections)

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        if not self.permits.acquire(timeout):
            return None
        try:
            connection = self.idle_or_new()
        except BaseException:
            self.permits.release()
            raise
        self.in_use.add(connection)
        return connection

    def idle_or_new(self) -> redis.Connection:
        try:
            return self.idle.popleft()
        except IndexError:
            return self.connection_class(**self.connection_kwargs)

    def release(self, connection: redis.Connection) -> None:
        try:
            self.in_use.remove(connection)
        except KeyError:
            self.turn_down(connection)
            return
        self.idle.append(connection)
        self.permits.release()
