"""Asyncio pools whose queue is not first come, first served."""

from .conviction import convicted_by
from .sound_async import SoundAsyncPool, Waiter
from .turns_async import TurnsAsyncPool


@convicted_by("FAIR-1", "FAIR-2")
class LetsNewTasksOvertake(TurnsAsyncPool):
    """Notifies the waiters when a connection comes back, and lets whoever is quickest take it."""

    def is_turn(self, ticket: object) -> bool:
        return self.available()


@convicted_by("FAIR-1", "FAIR-2")
class ServesTheLastTaskFirst(SoundAsyncPool):
    """Keeps a stack of waiters."""

    def next_waiter(self) -> Waiter:
        return self.waiters.pop()
