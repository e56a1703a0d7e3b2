"""A place that tasks pass, and that can be closed to hold them there."""

import asyncio
from contextvars import Context, copy_context


class TaskGate:
    """Open at first."""

    def __init__(self) -> None:
        self.is_open = True
        self.held: dict[asyncio.Future[None], Context] = {}
        """Those that are held there, by what will let them go on."""

    def close(self) -> None:
        """Hold every task that comes from now on."""
        self.is_open = False

    def open(self) -> None:
        """Let every task pass, also those that are held here."""
        self.is_open = True
        for gate in self.held:
            if not gate.done():
                gate.set_result(None)

    async def pass_through(self) -> None:
        """Return when the task may go on."""
        if self.is_open:
            return
        gate = asyncio.get_running_loop().create_future()
        self.held[gate] = copy_context()
        try:
            await gate
        finally:
            del self.held[gate]
