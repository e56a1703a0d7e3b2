"""Restarts: two programs in which the server ends, and comes back where it was.

First while all connections are idle, then while they are in use. They have a server of their own, an
embedded one or else a container, whatever server the others run on.
"""

from collections.abc import Sequence

from poolproof.spec.model.events import Event

from ...adapters.probe import Prepared
from ...callers.program import CannotBuild
from ...programs.operations import BeginOutage, EndOutage, Operation, Use
from ...programs.setup import DIRECT
from ...server import ServerError
from ...server.restartable import RestartableServer, restartable_server
from ...server.restartable_monitor import RestartableMonitor
from ..context import CheckContext
from ..durations import PATIENT_WITH_OUTAGES_S
from .written import ASK, GIVE_BOTH, in_one_line, play, settings_at, terms_for

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
                context.checker.judge(_history(context, prepared, restartable, operations, number))
    except (ServerError, CannotBuild) as reason:
        return (f"the server was not restarted under the pool: {in_one_line(reason)}",)
    return ()


def _history(
    context: CheckContext,
    prepared: Prepared,
    restartable: RestartableServer,
    operations: Sequence[Operation],
    number: int,
) -> Sequence[Event]:
    name = f"{prepared.settings.client_name}-restart-{number}"
    settings = settings_at(restartable.server, prepared.settings, name)
    monitor = RestartableMonitor(restartable)
    driver = context.drivers.new(
        DIRECT, settings, monitor, look_twice=False, restartable_monitor=monitor
    )
    try:
        play(driver, terms_for(context, PATIENT_WITH_OUTAGES_S), operations)
    finally:
        monitor.close()
    return driver.events
