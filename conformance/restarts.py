"""Restarts: two programs in which the server ends, and comes back where it was.

First while all connections are idle, then while they are in use. They have a server of their own, an
embedded one or else a container, whatever server the others run on.
"""

from collections.abc import Sequence
from dataclasses import replace

from poolproof.spec.events import Terms

from .court import Court
from .drivers import CannotBuild, Driver
from .mortal_witness import MortalWitness
from .preparation import Prepared
from .program import (
    Acquire,
    BeginOutage,
    Build,
    Drop,
    EndOutage,
    LeaveUnread,
    Operation,
    Release,
    Use,
    Write,
    WriteByClient,
)
from .server import Server, ServerError
from .server.mortal import Mortal, mortal_server
from .settings import PoolSettings
from .themes import PATIENT_WITH_OUTAGES_S, Theme

MAX_CONNECTIONS = 2

ASK = Acquire("A")
GIVE_BOTH = (Release(1, "A"), Release(2, "A"))
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
    if not court.is_after("BRK-5") or court.time_is_up:
        return ()
    try:
        with mortal_server(image) as mortal:
            for number, operations in enumerate((WHILE_IDLE, WHILE_IN_USE)):
                court.take_a_step()
                court.judge(
                    _history(court, prepared, mortal, operations, number).events, drawn=False
                )
    except (ServerError, CannotBuild) as reason:
        return (f"the server was not restarted under the pool: {_in_one_line(reason)}",)
    return ()


def _history(
    court: Court,
    prepared: Prepared,
    mortal: Mortal,
    operations: Sequence[Operation],
    number: int,
) -> Driver:
    name = f"{prepared.settings.client_name}-restart-{number}"
    settings = settings_at(mortal.server, prepared.settings, name)
    witness = MortalWitness(mortal)
    driver = court.drivers.new(
        Theme.CROWD, settings, witness, look_twice=False, mortal_witness=witness
    )
    takes_timeout = "timeout" in prepared.settings.takes
    timeout_s = PATIENT_WITH_OUTAGES_S if takes_timeout else None
    try:
        driver.run_one(Build("A", Terms(MAX_CONNECTIONS, timeout_s, takes_timeout)))
        run_possible(driver, operations)
        driver.finish()
    finally:
        witness.close()
    return driver


def settings_at(server: Server, settings: PoolSettings, client_name: str) -> PoolSettings:
    """The settings of a pool at another server, under a name of its own."""
    return replace(
        settings,
        host=server.host,
        port=server.port,
        db=server.db,
        username=server.username,
        password=server.password,
        client_name=client_name,
    )


def run_possible(driver: Driver, operations: Sequence[Operation]) -> None:
    """Run one after another, as far as the pool goes along."""
    for operation in operations:
        if _is_possible(driver, operation):
            driver.run_one(operation)


def _is_possible(driver: Driver, operation: Operation) -> bool:
    match operation:
        case (
            Release(acquire) | Use(acquire) | Write(acquire) | Drop(acquire) | LeaveUnread(acquire)
        ):
            return acquire in driver.holding and "A" not in driver.retired
        case Acquire() | WriteByClient():
            return "A" not in driver.retired
        case _:
            return True


def _in_one_line(reason: Exception) -> str:
    return " ".join(str(reason).split())
