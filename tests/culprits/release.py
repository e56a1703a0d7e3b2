"""Pools that do not know whose a connection is."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from .conviction import convicted_by
from .sound import SoundPool, is_due


@convicted_by(
    "RET-1",
    "BND-3",
    "TMO-1",
    "RET-6",
    "FAIR-2",
    "PRG-1",
    "CAN-1",
    "CAN-3",
    "REE-1",
    "RET-5",
    "API-1",
    "BRK-3",
    "BRK-4",
    "BRK-5",
    "CLS-3",
)
class LosesWhatIsReleased(SoundPool):
    """Takes a released connection and never lends it again."""

    def put_back(self, connection: redis.Connection) -> None:
        connection.disconnect()


@convicted_by("RET-2", "BND-1")
class SharesWhenExhausted(SoundPool):
    """Lends a connection that is in use to a second caller rather than let that one wait."""

    def available(self) -> bool:
        return True

    def take(self) -> redis.Connection:
        if self.idle or self.opened < self.max_connections:
            return super().take()
        return next(iter(self.in_use))

    def refuse(self, connection: redis.Connection) -> None:
        pass


@convicted_by("RET-2")
class LooksBeforeItTakes(SoundPool):
    """Sees an idle connection and takes it a moment later; others see it, too."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        seen = next(iter(self.idle.copy()), None)
        if seen is None or self.waiters:
            return super().wait_for_connection(timeout)
        with self.lock:
            if seen in self.idle:
                self.idle.remove(seen)
            self.in_use.add(seen)
        return seen


@convicted_by("RET-3")
class TakesAConnectionBackTwice(SoundPool):
    """Puts a connection into the queue for each release of it."""

    def refuse(self, connection: redis.Connection) -> None:
        if connection in self.idle:
            self.idle.append(connection)


@convicted_by("RET-3")
class CountsASecondRelease(SoundPool):
    """Makes room for another connection whenever something is released."""

    def refuse(self, connection: redis.Connection) -> None:
        if connection in self.idle:
            self.opened -= 1


@convicted_by("RET-4")
class AdoptsForeignConnections(SoundPool):
    """Lends on whatever it is given."""

    def refuse(self, connection: redis.Connection) -> None:
        if connection not in self.idle:
            self.put_back(connection)


@convicted_by("RET-5", "BRK-2", "BRK-3", "BRK-5")
class ResetsOnRelease(SoundPool):
    """Asks the server to reset a connection and waits for the answer before it takes it back."""

    def release(self, connection: redis.Connection) -> None:
        if connection in self.in_use and connection.is_connected:
            connection.send_command("UNWATCH")
            connection.read_response()
        super().release(connection)


@convicted_by("RET-6", "BND-3")
class ForgetsTheBlockOnAnInterrupt(SoundPool):
    """Releases after an Exception only."""

    @contextmanager
    def connection(self) -> Iterator[redis.Connection]:
        connection = self.get_connection()
        try:
            yield connection
        except Exception:
            self.release(connection)
            raise
        else:
            self.release(connection)


@convicted_by("RET-5", "BRK-3", "BRK-5")
class ClosesUnderItsLock(SoundPool):
    """Lets nobody in while it closes what is to be opened again."""

    def put_back(self, connection: redis.Connection) -> None:
        super().put_back(connection)
        if is_due(connection):
            connection.disconnect()
