"""Pools that do not reckon with an interrupt, such as KeyboardInterrupt."""

import redis

from .conviction import convicted_by
from .sound import SoundPool, Waiter


@convicted_by("CAN-1", "BND-3")
class KeepsThePlaceOfTheInterrupted(SoundPool):
    """Leaves an interrupted waiter in the queue, where the next connection is handed to nobody."""

    def abandon(self, waiter: Waiter) -> None:
        if waiter.connection is not None:
            super().abandon(waiter)


@convicted_by("CAN-3", "BND-3")
class LosesTheSlotOfAnInterruptedConnect(SoundPool):
    """Gives the slot back after an Exception only."""

    def connect(self, connection: redis.Connection) -> None:
        try:
            self.make_ready(connection)
        except Exception:
            connection.disconnect()
            self.release(connection)
            raise
