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


@convicted_by("BND-1")
class LeavesOpenWhatItWasOpening(SoundPool):
    """Takes a slot for free when it is interrupted while it asks how the server is, and leaves open the
    connection on which it has asked.
    """

    def prepare(self) -> None:
        self.greeted: set[redis.Connection] = set()

    def make_ready(self, connection: redis.Connection) -> None:
        super().make_ready(connection)
        if connection not in self.greeted:
            self.greeted.add(connection)
            connection.send_command("PING")
            connection.read_response(disconnect_on_error=False)

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if isinstance(raised, Exception):
            super().give_up(connection, raised)
            return
        with self.lock:
            self.in_use.remove(connection)
            self.opened -= 1
            self.serve()
