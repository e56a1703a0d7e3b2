"""
One task's place in the line of waiters.

A future is all it takes: it holds one answer, whoever sets it first has decided, and a cancelled one
holds none. So an offer that comes after the waiter's time, or after its task was cancelled, is
declined although the task has not run since.
"""

from asyncio import Future, InvalidStateError, get_running_loop
from typing import Generic, Literal, TypeVar

from ..policy import Ending

S = TypeVar("S")


class Waiter(Generic[S]):
    """Waits for one slot, in the task that made it; offers come from the same event loop."""

    def __init__(self) -> None:
        self._answer: Future[S | Ending] = get_running_loop().create_future()

    def offer(self, slot: S | Literal[Ending.CLOSED], /) -> bool:
        """Give the waiter its slot, or word that the pool was closed; False if it declines."""
        return self._set(slot)

    def decline(self) -> S | Ending:
        """Decline every offer from now on; the answer is a slot if one was accepted before."""
        self._set(Ending.DECLINED)
        return Ending.DECLINED if self._answer.cancelled() else self._answer.result()

    async def wait(self, timeout_s: float | None) -> S | Ending:
        """The answer, as soon as there is one; after `timeout_s` seconds, and never before, decline."""
        if timeout_s == 0:
            return self.decline()
        if timeout_s is None:
            return await self._answer
        expiry = self._answer.get_loop().call_later(timeout_s, self.decline)
        try:
            return await self._answer
        finally:
            expiry.cancel()

    def _set(self, answer: S | Ending) -> bool:
        # Tried, not asked before: a release in a finalizer may come between question and answer.
        try:
            self._answer.set_result(answer)
        except (InvalidStateError, RuntimeError):  # RuntimeError: its loop is closed, its task dead
            return False
        return True
