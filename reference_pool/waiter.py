"""
One thread's place in the line of waiters.

An offer and the end of the waiter's time can meet. Exactly one of them wins, so that no connection
is given to a waiter that has left, where it would be lost.
"""

from threading import TIMEOUT_MAX, Lock
from time import monotonic
from typing import Generic, Literal, TypeVar

from .policy import Ending

S = TypeVar("S")


class Waiter(Generic[S]):
    """Waits for one slot, in the thread that made it; offers come from any thread."""

    def __init__(self) -> None:
        # Holds at most one answer. Whoever writes it first has decided: `setdefault` is one step
        # that neither another thread nor a signal handler can divide.
        self._answer: dict[Literal["is"], S | Ending] = {}
        # Locked until an offer was accepted.
        self._gate = Lock()
        self._gate.acquire()

    def offer(self, slot: S | Literal[Ending.CLOSED], /) -> bool:
        """Give the waiter its slot, or word that the pool was closed; False if it declines."""
        accepted = self._answer.setdefault("is", slot) is slot
        if accepted:
            self._gate.release()
        return accepted

    def decline(self) -> S | Ending:
        """Decline every offer from now on; the answer is a slot if one was accepted before."""
        return self._answer.setdefault("is", Ending.DECLINED)

    def wait(self, timeout: float | None) -> S | Ending:
        """The answer, as soon as there is one; after `timeout` seconds, and never before, decline."""
        if timeout is None:
            self._gate.acquire()
            return self._answer["is"]
        deadline = monotonic() + timeout
        remaining = timeout
        while remaining > 0 and not self._gate.acquire(timeout=min(remaining, TIMEOUT_MAX)):
            remaining = deadline - monotonic()
        return self.decline()
