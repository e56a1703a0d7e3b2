"""The drivers: what runs a program. They differ in who the callers are and in who says what is next.

`ScheduledThreads` and `Tasks` know when nothing moves any more. `RealThreads` does not, and needs
nothing of the pool: it is for what takes real time, and for pools that the others cannot host.
"""

from .choice import Drivers
from .driver import CannotBuild, Driver, Held
from .real_threads import RealThreads
from .scheduled_threads import ScheduledThreads
from .silences import NeverGivesUp
from .tasks import Tasks

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
