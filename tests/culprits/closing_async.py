"""The same for asyncio: a sound pool that can be closed, and some that err."""

from redis.asyncio import Connection

from .closing import ClosedError
from .conviction import convicted_by
from .sound_async import SoundAsyncPool, Waiter


class ClosableAsyncPool(SoundAsyncPool):
    """Upholds every clause."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True
        idle = [*self.idle]
        self.idle.clear()
        self.opened -= len(idle)
        self.dismiss()
        failed: Exception | None = None
        for connection in idle:
            try:
                await connection.disconnect()
            except Exception as error:  # noqa: BLE001 - it is raised when all are closed
                failed = error
        if failed is not None:
            raise failed

    def dismiss(self) -> None:
        """Tell those who wait that it is over."""
        while self.waiters:
            self.expire(self.waiters[0])

    def join(self) -> Waiter:
        if self.closed:
            raise self.exhausted()
        return super().join()

    def exhausted(self) -> Exception:
        return ClosedError("the pool is closed") if self.closed else super().exhausted()

    async def release(self, connection: Connection) -> None:
        if self.closed and connection in self.in_use:
            self.in_use.remove(connection)
            self.opened -= 1
            await connection.disconnect(nowait=True)
            return
        await super().release(connection)


@convicted_by("CLS-1")
class LeavesTasksWaiting(ClosableAsyncPool):
    """Closes, and does not tell those who wait."""

    def dismiss(self) -> None:
        pass


@convicted_by("CLS-2")
class KeepsWhatIsReleasedToItLater(ClosableAsyncPool):
    """Takes back what was in use when it was closed, and keeps it open."""

    async def release(self, connection: Connection) -> None:
        await SoundAsyncPool.release(self, connection)


@convicted_by("CLS-3")
class LosesTheSlotsThatItDisconnects(ClosableAsyncPool):
    """Throws its idle connections away when it disconnects, and their slots with them."""

    async def disconnect(self) -> None:
        await super().disconnect()
        self.idle.clear()
