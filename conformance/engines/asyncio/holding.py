"""Connects that are kept from beginning, as if the server were slow to accept."""

import asyncio
from contextvars import Context
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class HeldConnect:
    """One connect that is being held."""

    address: object
    task: asyncio.Task[object] | None
    """The one that connects. Not always the one that asked for it: see `context`."""
    context: Context
    """The context variables of that task, which it inherits from the one that started it."""
    gate: asyncio.Future[None] = field(repr=False)

    def let_go(self) -> None:
        """Let it connect."""
        if not self.gate.done():
            self.gate.set_result(None)
