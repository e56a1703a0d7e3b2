"""Silences: programs in which the server is there and says nothing for a while, and then goes on.

It is stopped, or told to let everybody wait, or what is sent on connections is swallowed on the way:
callers whose client gives up after a second release what they hold, and others come meanwhile. The
time that a client waits for a reply is real where callers are threads, so that each is run once.

A server that is stopped is one of its own, as in restarts.py. What is swallowed is so by the proxy,
before whatever server there is.
"""

from collections.abc import Sequence

from poolproof.spec.model.events import Acquired, AcquireFailed, Event, Outage

from ...adapters.probe import Prepared
from ...callers.driver import Driver
from ...callers.program_context import CannotBuild
from ...engines import asyncio as loop
from ...engines import threads as scheduler
from ...faults.server.silence import NeverGivesUp
from ...programs.operations import BeginOutage, Drop, EndOutage, LeaveUnread, Operation, Use
from ...programs.setup import WITH_FAULTS
from ...server import ServerError
from ...server.restartable import restartable_server
from ..context import CheckContext, in_one_line
from ..durations import PATIENT_WITH_OUTAGES_S
from .two_slots import ASK, GIVE_BOTH, built, driver_at, play

SOCKET_TIMEOUT_S = 1.0
"""How long a client waits for a reply: long enough to be no matter of a busy machine."""

OVER = EndOutage()

NOT_DONE = "the server was not made to answer nobody"

PAUSED_WHILE_IDLE: Sequence[Operation] = (
    *(ASK, ASK, *GIVE_BOTH),
    *(BeginOutage("paused"), ASK, OVER),
)
FROZEN_WHILE_IN_USE: Sequence[Operation] = (
    *(ASK, ASK),
    *(BeginOutage("frozen"), Use(1), Drop(2), *GIVE_BOTH, ASK, OVER),
)
FROZEN_BEFORE_THE_REPLY: Sequence[Operation] = (
    *(ASK, ASK),
    *(BeginOutage("frozen"), LeaveUnread(1), *GIVE_BOTH, OVER),
)
SWALLOWED_WHILE_IN_USE: Sequence[Operation] = (
    *(ASK, ASK),
    *(BeginOutage("swallowed"), Use(1), Drop(2), *GIVE_BOTH, ASK, OVER),
)
"""In the end of each, all connections are asked for."""


def fall_silent(
    context: CheckContext, prepared: Prepared, image: str | None = None
) -> tuple[str, ...]:
    """Run all, and let the checker judge. Returns what is to be told if that was not possible."""
    judged = context.checker.is_open("BRK-5") or context.checker.is_open("BRK-2")
    if not judged or not context.time.allows_another():
        return ()
    if "socket_timeout" not in prepared.settings.takes:
        return (f"{NOT_DONE}: the pool takes no socket_timeout",)
    programs = (PAUSED_WHILE_IDLE, FROZEN_WHILE_IN_USE, FROZEN_BEFORE_THE_REPLY)
    try:
        _judge(context, context.new_driver(WITH_FAULTS), SWALLOWED_WHILE_IN_USE)
        with restartable_server(image) as restartable:
            for number, operations in enumerate(programs):
                if not context.time.allows_another():
                    break
                at = driver_at(context, prepared, restartable, f"silence-{number}", look_twice=True)
                with at as driver:
                    _judge(context, driver, operations)
    except NeverGivesUp as reason:
        return (f"the server was made to answer nobody only for a while: {reason}",)
    except (ServerError, CannotBuild, loop.CannotHost, scheduler.CannotHost) as reason:
        return (f"{NOT_DONE}: {in_one_line(reason)}",)
    return ()


def _judge(context: CheckContext, driver: Driver, operations: Sequence[Operation]) -> None:
    context.on_step()
    try:
        play(driver, built(context, PATIENT_WITH_OUTAGES_S, SOCKET_TIMEOUT_S), operations)
    except NeverGivesUp:
        driver.run_one(OVER)
        driver.close()
        raise
    if _began_well(driver.events):
        context.checker.judge(driver.events)


def _began_well(events: Sequence[Event]) -> bool:
    """Whether everybody was served before the silence. If not, the machine may have stood still for so
    long that a client gave up, and whatever else may be amiss shows in other programs, too.
    """
    for event in events:
        if isinstance(event, Outage):
            return True
        if isinstance(event, AcquireFailed) or (
            isinstance(event, Acquired) and event.connection is None
        ):
            return False
    return True
