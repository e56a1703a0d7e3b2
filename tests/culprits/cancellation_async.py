"""Asyncio pools that lose something when a task is cancelled."""

import asyncio

from redis.asyncio import Connection

from .conviction import convicted_by
from .sound import is_due
from .sound_async import SoundAsyncPool, Waiter, handed_to


@convicted_by("CAN-1", "BND-3")
class KeepsThePlaceOfTheCancelled(SoundAsyncPool):
    """Leaves a cancelled waiter in the queue, where the next connection is handed to nobody."""

    def abandon(self, waiter: Waiter) -> None:
        if not waiter.cancelled():
            super().abandon(waiter)

    def hand_over(self, waiter: Waiter) -> None:
        connection = self.lend()
        if not waiter.done():
            waiter.set_result(connection)


@convicted_by("CAN-2", "BND-3")
class LosesWhatACancelledTaskWasHanded(SoundAsyncPool):
    """Lets a task that is cancelled in the last moment take its connection with it."""

    def abandon(self, waiter: Waiter) -> None:
        self.leave(waiter)


@convicted_by("CAN-2")
class KeepsTheNewsFromTheNext(SoundAsyncPool):
    """Takes back what a cancelled task was handed, and tells nobody."""

    def abandon(self, waiter: Waiter) -> None:
        self.leave(waiter)
        connection = handed_to(waiter)
        if connection is not None:
            self.in_use.remove(connection)
            self.put_back(connection)


@convicted_by("RET-2")
class TakesBackTwiceFromACancelledTask(SoundAsyncPool):
    """Puts what a cancelled task was handed into the queue twice, for two to hold."""

    def abandon(self, waiter: Waiter) -> None:
        connection = handed_to(waiter)
        if connection is not None:
            self.idle.append(connection)
        super().abandon(waiter)


@convicted_by("CAN-3", "BND-3")
class LosesTheSlotOfACancelledConnect(SoundAsyncPool):
    """Gives the slot back after an Exception only, which a cancellation is not."""

    async def connect(self, connection: Connection) -> None:
        try:
            await self.make_ready(connection)
        except Exception:
            await connection.disconnect(nowait=True)
            self.give_back(connection)
            raise


@convicted_by("CAN-4", "BND-3")
class ReleasesInTwoSteps(SoundAsyncPool):
    """Lets other tasks run before it takes a connection back: it may never come to that."""

    async def release(self, connection: Connection) -> None:
        await asyncio.sleep(0)
        await super().release(connection)


@convicted_by("CAN-4", "BRK-5")
class ClosesWhatHasBrokenFirst(SoundAsyncPool):
    """Waits, when something broken is released, until that is closed, and may be cancelled there."""

    async def release(self, connection: Connection) -> None:
        if connection in self.in_use and (is_due(connection) or self.has_ended(connection)):
            await connection.disconnect()
        await super().release(connection)


@convicted_by("BND-1")
class LeavesOpenWhatATaskWasOpening(SoundAsyncPool):
    """Takes a slot for free when it is cancelled while it asks how the server is, and leaves open the
    connection on which it has asked.
    """

    def prepare(self) -> None:
        self.greeted: set[Connection] = set()

    async def make_ready(self, connection: Connection) -> None:
        await super().make_ready(connection)
        if connection not in self.greeted:
            self.greeted.add(connection)
            await connection.send_command("PING")
            await connection.read_response(disconnect_on_error=False)

    async def give_up(self, connection: Connection, raised: BaseException) -> None:
        if isinstance(raised, Exception):
            await super().give_up(connection, raised)
            return
        self.in_use.remove(connection)
        self.opened -= 1
        self.serve()
