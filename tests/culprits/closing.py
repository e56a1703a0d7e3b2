"""A sound pool that can be closed, and pools that do not close, or do not stay open, as they should."""

from collections.abc import Iterable
from contextlib import suppress

import redis

from .conviction import convicted_by
from .sound import SoundPool, Waiter


class ClosedError(redis.ConnectionError):
    """The pool has been closed."""


class ClosablePool(SoundPool):
    """Upholds every clause."""

    closed = False

    def close(self) -> None:
        with self.lock:
            self.closed = True
            waiters, idle = [*self.waiters], [*self.idle]
            self.waiters.clear()
            self.idle.clear()
            self.opened -= len(idle)
        self.dismiss(waiters)
        self.discard(idle)

    def dismiss(self, waiters: Iterable[Waiter]) -> None:
        for waiter in waiters:
            waiter.ring()

    def discard(self, connections: Iterable[redis.Connection]) -> None:
        for connection in connections:
            connection.disconnect()

    def join(self, waiter: Waiter) -> None:
        with self.lock:
            if not self.closed:
                super().join(waiter)
                return
        waiter.ring()

    def exhausted(self) -> Exception:
        return ClosedError("the pool is closed") if self.closed else super().exhausted()

    def put_back(self, connection: redis.Connection) -> None:
        if self.closed:
            self.opened -= 1
            connection.disconnect()
        else:
            super().put_back(connection)


@convicted_by("CLS-1")
class LeavesWaitersWaiting(ClosablePool):
    """Closes, and does not tell those who wait."""

    def dismiss(self, waiters: Iterable[Waiter]) -> None:
        pass


@convicted_by("CLS-1", "CLS-2", "BND-1")
class OpensAgain(ClosablePool):
    """Serves whoever comes after it has been closed."""

    def join(self, waiter: Waiter) -> None:
        self.closed = False
        super().join(waiter)


@convicted_by("CLS-2")
class LeavesTheRestOpen(ClosablePool):
    """Thinks little of it when a connection cannot be closed, and no more of the others."""

    def close(self) -> None:
        with self.lock:
            self.closed = True
            waiters = [*self.waiters]
            self.waiters.clear()
        self.dismiss(waiters)
        with suppress(OSError):
            self.discard(self.idle)


@convicted_by("CLS-2")
class LeavesIdleConnectionsOpen(ClosablePool):
    """Forgets its idle connections and does not close them."""

    def close(self) -> None:
        self.lost = [*self.idle]
        super().close()

    def discard(self, connections: Iterable[redis.Connection]) -> None:
        pass


@convicted_by("CLS-2")
class KeepsWhatIsReleasedLater(ClosablePool):
    """Takes back what was in use when it was closed, and keeps it open."""

    def put_back(self, connection: redis.Connection) -> None:
        self.idle.append(connection)


@convicted_by("CLS-2")
class RefusesToCloseTwice(ClosablePool):
    """Raises when it is closed already."""

    def close(self) -> None:
        if self.closed:
            raise ClosedError("the pool is closed already")
        super().close()


@convicted_by("CLS-3")
class DisconnectsForGood(ClosablePool):
    """Takes disconnecting for closing."""

    def disconnect(self) -> None:
        self.close()


@convicted_by("CLS-3")
class LosesTheSlotsItDisconnects(ClosablePool):
    """Throws its idle connections away when it disconnects, and their slots with them."""

    def disconnect(self) -> None:
        super().disconnect()
        self.idle.clear()
