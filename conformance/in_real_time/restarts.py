"""Restarts: two programs in which the server ends, and comes back where it was.

First while all connections are idle, then while they are in use. They have a server of their own, an
embedded one or else a container, whatever server the others run on.
"""

from collections.abc import Sequence

from poolproof.conformance.court import Court
from poolproof.conformance.drivers import CannotBuild
from poolproof.conformance.programs.program import BeginOutage, EndOutage, Operation, Use
from poolproof.conformance.programs.themes import PATIENT_WITH_OUTAGES_S, Theme
from poolproof.conformance.server import ServerError
from poolproof.conformance.server.mortal import Mortal, mortal_server
from poolproof.conformance.server.mortal_witness import MortalWitness
from poolproof.conformance.targets.preparation import Prepared
from poolproof.spec.events import Event

from .written import ASK, GIVE_BOTH, in_one_line, play, settings_at, terms_for

DOWN, UP = BeginOutage("down"), EndOutage()

WHILE_IDLE: Sequence[Operation] = (
    *(ASK, ASK, *GIVE_BOTH),
    *(DOWN, ASK, UP),
)
WHILE_IN_USE: Sequence[Operation] = (
    *(ASK, ASK),
    *(DOWN, Use(1), *GIVE_BOTH, ASK, UP),
)
"""In the end of both, all connections are asked for."""


def restart(court: Court, prepared: Prepared, image: str | None = None) -> tuple[str, ...]:
    """Run both, and let the court judge. Returns what is to be told if that was not possible.

    Raises what kept a program from being run, such as CannotHost.
    """
    if not court.is_after("BRK-5") or not court.has_time():
        return ()
    try:
        with mortal_server(image) as mortal:
            for number, operations in enumerate((WHILE_IDLE, WHILE_IN_USE)):
                court.take_a_step()
                court.judge(_history(court, prepared, mortal, operations, number))
    except (ServerError, CannotBuild) as reason:
        return (f"the server was not restarted under the pool: {in_one_line(reason)}",)
    return ()


def _history(
    court: Court,
    prepared: Prepared,
    mortal: Mortal,
    operations: Sequence[Operation],
    number: int,
) -> Sequence[Event]:
    name = f"{prepared.settings.client_name}-restart-{number}"
    settings = settings_at(mortal.server, prepared.settings, name)
    witness = MortalWitness(mortal)
    driver = court.drivers.new(
        Theme.CROWD, settings, witness, look_twice=False, mortal_witness=witness
    )
    try:
        play(driver, terms_for(court, PATIENT_WITH_OUTAGES_S), operations)
    finally:
        witness.close()
    return driver.events
