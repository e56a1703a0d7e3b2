"""
A scheduler that runs unmodified threaded code deterministically.

gevent will not do: it replaces threads by its own, and chooses itself which of them runs.

    with install():
        import the_pool
        with Scheduler(lambda code: "the_pool" in code.co_filename) as scheduler:
            scheduler.start(work)
            scheduler.start(other_work)
            course = scheduler.run(Schedule(picks=(1,), preemptions=(7,)))

Reading order: `course` (what there was to choose), `task` and `scheduler` (one thread at a time),
`locks`, `simple_queue`, `clock` and `threads` (what Python's primitives become), `install`, `reads`
(a reply that does not come), `points` (pre-emption), `exhaustive`.
"""

from ...programs.schedule import Schedule
from .clock import shown_by_loop
from .course import ALL_POINTS, Choice, Course
from .exhaustive import NotRepeatable, each_schedule
from .gate import Gate
from .install import Installation, install, is_installed
from .reads import KeptReply, kept_reply
from .scheduler import START_S, Scheduler
from .task import CannotHost, Inside, Task
from .workers import is_worker

__all__ = [
    "ALL_POINTS",
    "START_S",
    "CannotHost",
    "Choice",
    "Course",
    "Gate",
    "Inside",
    "Installation",
    "KeptReply",
    "NotRepeatable",
    "Schedule",
    "Scheduler",
    "Task",
    "each_schedule",
    "install",
    "is_installed",
    "is_worker",
    "kept_reply",
    "shown_by_loop",
]
