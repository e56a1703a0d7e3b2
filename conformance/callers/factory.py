"""The drivers: what runs a program. They differ in who the callers are and in who says what is next.

`ScheduledThreads` and `Tasks` know when nothing moves any more. `RealThreads` does not, and needs
nothing of the pool: it is for what takes real time, and for pools that the others cannot host.
"""

from ..engines.asyncio.tasks import Tasks
from ..engines.threads.real_threads import RealThreads
from ..engines.threads.scheduled_threads import ScheduledThreads
from ..faults.silences import NeverGivesUp
from .choice import Drivers
from .driver import CannotBuild, Driver, Held

__all__ = [
    "CannotBuild",
    "Driver",
    "Drivers",
    "Held",
    "NeverGivesUp",
    "RealThreads",
    "ScheduledThreads",
    "Tasks",
]
