"""Restarts: two programs in which the server ends, and comes back where it was.

First while all connections are idle, then while they are in use. They have a server of their own, an
embedded one or else a container, whatever server the others run on.
"""

from collections.abc import Sequence

from ...adapters.probe import Prepared
from ...callers.program_context import CannotBuild
from ...programs.operations import BeginOutage, EndOutage, Operation, Use
from ...server import ServerError
from ...server.restartable import restartable_server
from ..context import CheckContext, in_one_line
from ..durations import PATIENT_WITH_OUTAGES_S
from .two_slots import ASK, GIVE_BOTH, built, driver_at, play

DOWN, UP = BeginOutage("down"), EndOutage()

WHILE_IDLE: Sequence[Operation] = (*(ASK, ASK, *GIVE_BOTH), *(DOWN, ASK, UP))
WHILE_IN_USE: Sequence[Operation] = (*(ASK, ASK), *(DOWN, Use(1), *GIVE_BOTH, ASK, UP))
"""In the end of both, all connections are asked for."""


def restart(context: CheckContext, prepared: Prepared, image: str | None = None) -> tuple[str, ...]:
    """Run both, and let the checker judge. Returns what is to be told if that was not possible.

    Raises what kept a program from being run, such as CannotHost.
    """
    if not context.checker.is_open("BRK-5") or not context.time.allows_another():
        return ()
    try:
        with restartable_server(image) as restartable:
            for number, operations in enumerate((WHILE_IDLE, WHILE_IN_USE)):
                context.on_step()
                at = driver_at(
                    context, prepared, restartable, f"restart-{number}", look_twice=False
                )
                with at as driver:
                    play(driver, built(context, PATIENT_WITH_OUTAGES_S), operations)
                context.checker.judge(driver.events)
    except (ServerError, CannotBuild) as reason:
        return (f"the server was not restarted under the pool: {in_one_line(reason)}",)
    return ()
