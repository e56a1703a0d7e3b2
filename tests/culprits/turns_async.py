"""A second sound asyncio pool: all wait on one condition and look, when notified, whose turn it is.

Before CPython 3.13 a notification of one waiter is lost when that waiter is cancelled at the same time.
Here all are notified, and by a task of its own, so that a release waits for no lock and is complete
whatever becomes of its caller.
"""

import asyncio
from collections import deque
from contextlib import suppress

from redis.asyncio import Connection

from .sound_async import SoundAsyncPool


class TurnsAsyncPool(SoundAsyncPool):
    """Upholds every clause."""

    def prepare(self) -> None:
        self.changed = asyncio.Condition()
        self.tickets: deque[object] = deque()
        self.notifying: set[asyncio.Task[None]] = set()  # a loop alone does not keep its tasks

    async def wait_for_connection(self) -> Connection | None:
        ticket = object()
        self.tickets.append(ticket)
        try:
            if self.timeout != 0 and not self.is_turn(ticket):
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.timeout), self.changed:
                        await self.changed.wait_for(lambda: self.is_turn(ticket))
            return self.lend() if self.is_turn(ticket) else None
        finally:
            self.tickets.remove(ticket)
            self.serve()

    def is_turn(self, ticket: object) -> bool:
        return self.tickets.index(ticket) < len(self.idle) + self.max_connections - self.opened

    def serve(self) -> None:
        if self.tickets and self.available():
            task = asyncio.get_running_loop().create_task(self.notify())
            self.notifying.add(task)
            task.add_done_callback(self.notifying.discard)

    async def notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()
