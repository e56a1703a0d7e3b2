"""Pools whose queue is not first come, first served."""

import redis

from .conviction import convicted_by
from .sound import SoundPool, Waiter
from .turns import TurnsPool


@convicted_by("FAIR-1", "FAIR-2")
class LetsNewcomersOvertake(TurnsPool):
    """Calls the first waiter when a connection comes back, and lets whoever is quickest take it."""

    def ahead(self, waiter: Waiter) -> int:
        return super().ahead(waiter) if waiter.parked else 0


@convicted_by("FAIR-2", "FAIR-1")
class SendsTheSlowToTheBack(LetsNewcomersOvertake):
    """Lets newcomers overtake, and has a waiter who came too late queue up anew."""

    def take_in_turn(self, waiter: Waiter) -> redis.Connection | None:
        with self.lock:
            connection = super().take_in_turn(waiter)
            if connection is None and waiter.parked:
                self.waiters.remove(waiter)
                self.waiters.append(waiter)
                self.serve()
            return connection


@convicted_by("FAIR-1", "FAIR-2")
class ServesTheLastFirst(SoundPool):
    """Keeps a stack of waiters."""

    def next_waiter(self) -> Waiter:
        return self.waiters.pop()


@convicted_by("FAIR-1", "FAIR-2")
class ServesTheSecondFirst(SoundPool):
    """Takes the second of the waiters, if there is one."""

    def next_waiter(self) -> Waiter:
        waiter = self.waiters[min(1, len(self.waiters) - 1)]
        self.waiters.remove(waiter)
        return waiter
