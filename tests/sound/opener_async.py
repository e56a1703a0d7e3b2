"""An asyncio pool that opens connections in tasks of its own, as those do that prepare them in advance.

A caller that is cancelled does not stop the opening of its connection: somebody else gets it then.
"""

import asyncio
from functools import partial

from culprits.sound_async import SoundAsyncPool
from redis.asyncio import Connection


class OpenerAsyncPool(SoundAsyncPool):
    """Callers wait for what its tasks do."""

    def prepare(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        """The loop itself forgets tasks that nobody else refers to."""

    async def connect(self, connection: Connection) -> None:
        task = asyncio.create_task(super().connect(connection))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(partial(self.keep, connection))
            raise

    def keep(self, connection: Connection, task: asyncio.Task[None]) -> None:
        """Nobody wants it any more who asked for it. What has failed is given up already."""
        if not task.cancelled() and task.exception() is None:
            self.give_back(connection)
