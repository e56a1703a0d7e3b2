"""Pools that do not wait as they should."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from .conviction import convicted_by
from .sound import SoundPool, Waiter
from .turns import TurnsPool


@convicted_by("TMO-1", "TMO-2", "TMO-5")
class TurnsCallersAway(SoundPool):
    """Never waits."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        return super().wait_for_connection(0)


@convicted_by("TMO-1", "FAIR-1", "FAIR-2", "PRG-1")
class SleepsThroughARelease(SoundPool):
    """Waits for its timeout alone and does not look again."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        connection = super().wait_for_connection(0)
        if connection is None:
            Waiter().wait(timeout)
        return connection


@convicted_by("TMO-2")
class GivesUpAtHalfTime(SoundPool):
    """Is early."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        return super().wait_for_connection(None if timeout is None else timeout / 2)


@convicted_by("TMO-2", "FAIR-1", "FAIR-2")
class WaitsTwice(SoundPool):
    """Is late: it starts to wait anew after a wait in vain."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        return super().wait_for_connection(timeout) or super().wait_for_connection(timeout)


@convicted_by("TMO-2")
class WaitsAnewWhenWokenInVain(TurnsPool):
    """Is late whenever others are served: it calls everybody, and who comes too late starts anew."""

    def serve(self) -> None:
        for waiter in self.waiters:
            waiter.ring()

    def listen(self, waiter: Waiter, timeout: float | None) -> bool:
        return super().listen(waiter, self.timeout)


@convicted_by("TMO-3")
class RaisesABareConnectionError(SoundPool):
    """Reports exhaustion as if the connection had broken."""

    def exhausted(self) -> Exception:
        return redis.ConnectionError("No connection available.")


@convicted_by("TMO-3")
class RaisesATimeoutError(SoundPool):
    """Reports exhaustion as if the server had been silent."""

    def exhausted(self) -> Exception:
        return redis.TimeoutError("Timeout waiting for a connection")


@convicted_by("TMO-4")
class WaitsForTheSocketTimeout(SoundPool):
    """Takes the patience with the server for the patience with the pool."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        patience = self.connection_kwargs.get("socket_timeout", timeout)
        return super().wait_for_connection(patience if isinstance(patience, float) else timeout)


@convicted_by("TMO-4")
class ReadsForTheTimeout(SoundPool):
    """Takes the patience with the pool for the patience with the server."""

    def open(self) -> redis.Connection:
        connection = super().open()
        if "socket_timeout" in self.connection_kwargs:
            connection.socket_timeout = self.timeout
        return connection


@convicted_by("TMO-5")
class TakesZeroForNoTimeout(SoundPool):
    """Reads a timeout of 0 as none, and waits for ever."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        return super().wait_for_connection(timeout or None)


@convicted_by("TMO-5")
class TakesNoTimeoutForZero(SoundPool):
    """Reads None as 0, and turns callers away who would wait."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        return super().wait_for_connection(timeout or 0)


@convicted_by("TMO-5")
class TakesAnyTimeout(SoundPool):
    """Refuses nothing."""

    def check_timeout(self, timeout: object) -> None:
        pass

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        return super().wait_for_connection(None if timeout is None else float(timeout))


@convicted_by("TMO-6", "BND-3", "TMO-1", "FAIR-2", "PRG-1")
class RemembersWhoLeft(SoundPool):
    """Keeps a connection for each caller that ever waited, also for those who have given up."""

    departed = 0

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        connection = super().wait_for_connection(timeout)
        self.departed += connection is None
        return connection

    def put_back(self, connection: redis.Connection) -> None:
        if self.departed:
            self.departed -= 1
        else:
            super().put_back(connection)


@convicted_by("TMO-6", "BND-3", "PRG-1")
class GoesByTheClockAlone(SoundPool):
    """Goes away with nothing when its time is over, though it was just handed a connection."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        waiter = Waiter()
        try:
            self.join(waiter)
            in_time = waiter.wait(timeout)
        except BaseException:
            self.abandon(waiter)
            raise
        self.leave(waiter)
        return waiter.connection if in_time else None


@convicted_by("TMO-3")
class HidesTheTimeoutBehindItsBlock(SoundPool):
    """Releases at the end of its block also what it has not got, and complains of that."""

    @contextmanager
    def connection(self) -> Iterator[redis.Connection]:
        connection = None
        try:
            connection = self.get_connection()
            yield connection
        finally:
            self.release(connection)  # type: ignore[arg-type]  # that is its sin
