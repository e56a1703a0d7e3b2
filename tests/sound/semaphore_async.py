"""An asyncio pool that counts permits with the semaphore of the standard library.

Unlike its namesake for threads that one is first come, first served, and passes a permit on when the
task that got it is cancelled (CPython 3.11.7, 3.12.1 and 3.13.0 were tried).
"""

import asyncio

from culprits.sound_async import SoundAsyncPool
from redis.asyncio import Connection


class SemaphoreAsyncPool(SoundAsyncPool):
    """Whoever has a permit takes the connection that is idle longest, or opens one if none is."""

    def prepare(self) -> None:
        self.permits = asyncio.Semaphore(self.max_connections)
        self.claims = 0
        """How many callers have a permit or wait for one."""

    async def wait_for_connection(self) -> Connection | None:
        self.claims += 1
        try:
            if self.claims <= self.max_connections:
                # There is a permit for everybody: this waits for tasks that are about to run.
                await self.permits.acquire()
            elif self.timeout == 0:
                raise TimeoutError
            else:
                async with asyncio.timeout(self.timeout):
                    await self.permits.acquire()
        except BaseException as raised:
            self.claims -= 1
            if isinstance(raised, TimeoutError):
                return None
            raise
        try:
            return self.lend()
        except BaseException:
            self.give_permit_back()
            raise

    def give_back(self, connection: Connection) -> None:
        super().give_back(connection)
        self.give_permit_back()

    def give_permit_back(self) -> None:
        self.claims -= 1
        self.permits.release()
