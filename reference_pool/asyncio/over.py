"""
A coroutine that is over. What it stands for is done, whoever awaits it, cancels it or drops it; a
coroutine function would never run if nobody awaited it, or if its task were cancelled before it began.
"""

from collections.abc import Coroutine
from types import TracebackType


class Over(Coroutine[None, None, None]):
    """Can be awaited as often as one likes, shielded, and made a task of."""

    __slots__ = ()

    # Awaiting it is going through an empty iterator; a method that returned one would take longer.
    __await__ = staticmethod(().__iter__)  # type: ignore[assignment]  # any iterator will do

    def send(self, _value: None, /) -> None:
        """Return, as a coroutine does."""
        raise StopIteration

    def throw(
        self,
        error: BaseException | type[BaseException],
        value: object = None,
        _traceback: TracebackType | None = None,
        /,
    ) -> None:
        """Fail, as a coroutine does that has not begun."""
        raise value if isinstance(value, BaseException) else error

    def close(self) -> None:
        """Nothing is left to be done."""


OVER = Over()
