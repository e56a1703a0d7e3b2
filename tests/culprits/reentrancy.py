"""Pools that do not reckon with a release in the middle of their own work, as a finalizer makes it."""

from threading import Lock

from .conviction import convicted_by
from .sound import SoundPool, Waiter


@convicted_by("REE-1")
class WaitsForItself(SoundPool):
    """Guards itself with a lock that does not let its holder in again."""

    def prepare(self) -> None:
        self.lock = Lock()


@convicted_by("REE-1")
class QueuesUpTooLate(SoundPool):
    """Looks whether something is available before it queues up, trusting the lock to hold it so."""

    def join(self, waiter: Waiter) -> None:
        with self.lock:
            if not self.waiters and self.available():
                waiter.hand(self.lend())
            else:
                self.queue_up(waiter)

    def queue_up(self, waiter: Waiter) -> None:
        self.waiters.append(waiter)
