"""Pools that keep callers waiting who could be served."""

from threading import Semaphore
from time import monotonic

import redis

from .conviction import convicted_by
from .sound import SoundPool, Waiter
from .turns import TurnsPool


@convicted_by("RET-5", "PRG-1")
class ConnectsUnderTheLock(SoundPool):
    """Lets nobody in while the server takes its time."""

    def connect(self, connection: redis.Connection) -> None:
        with self.lock:
            super().connect(connection)


@convicted_by("PRG-1", "RET-5")
class OpensAgainUnderItsLock(SoundPool):
    """Lets nobody in while it opens again what has broken."""

    def make_ready(self, connection: redis.Connection) -> None:
        connection.connect()
        if self.is_spoilt(connection):
            with self.lock:
                connection.disconnect()
                connection.connect()


@convicted_by("PRG-1", "FAIR-2", "REE-1")
class RingsOnceForTwo(SoundPool):
    """Does not ring for the next waiter while the last one has not heard yet."""

    ringing = False

    def available(self) -> bool:
        if self.ringing and self.waiters and self.waiters[0].parked:
            return False
        return super().available()

    def hand_over(self) -> None:
        parked = self.waiters[0].parked
        super().hand_over()
        self.ringing = self.ringing or parked

    def leave(self, waiter: Waiter) -> None:
        super().leave(waiter)
        self.ringing = False


@convicted_by("PRG-1", "REE-1")
class ForgetsTheBellBeforeItListens(TurnsPool):
    """Looks whether it can take, silences the bell, and waits for it to ring: once too late."""

    def listen(self, waiter: Waiter, timeout: float | None) -> bool:
        waiter.bell.acquire(blocking=False)
        return super().listen(waiter, timeout)


@convicted_by("PRG-1", "FAIR-1", "FAIR-2", "REE-1")
class StopsRingingTooLate(SoundPool):
    """Has one bell for all. Who hears it passes it on, or stops it; but others may count on its ringing
    by then.
    """

    def prepare(self) -> None:
        self.bell = Semaphore(0)
        self.ringing = False

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        deadline = None if timeout is None else monotonic() + timeout
        connection = self.take_if_free()
        while connection is None:
            left = None if deadline is None else deadline - monotonic()
            if (left is not None and left <= 0) or not self.bell.acquire(timeout=left):
                return self.take_if_free()
            connection = self.take_if_free()
            if self.available():
                self.bell.release()
            else:
                self.ringing = False
        return connection

    def take_if_free(self) -> redis.Connection | None:
        with self.lock:
            return self.lend() if self.available() else None

    def serve(self) -> None:
        if not self.ringing:
            self.ringing = True
            self.bell.release()
