"""The engine under the asyncio driver.

A loop whose clock stands still until it is moved and that knows when nothing can move any more, and
cancellation at a chosen suspension. looptime and its like will not do: they cannot tell, with real
sockets, when nothing more will come.
"""

from ...programs.schedule import Cancellation
from .cancellation import Started, Sweep, TooManySuspensions, start, sweep
from .errors import CannotHost, Stalled
from .holding import HeldConnect
from .virtual import Unhandled, VirtualLoop
from .wire import Wire

__all__ = [
    "Cancellation",
    "CannotHost",
    "HeldConnect",
    "Stalled",
    "Started",
    "Sweep",
    "TooManySuspensions",
    "Unhandled",
    "VirtualLoop",
    "Wire",
    "start",
    "sweep",
]
