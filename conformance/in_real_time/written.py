"""What the programs have in common that run in real time: they are written down, and have two slots."""

from collections.abc import Sequence
from dataclasses import replace

from poolproof.conformance.court import Court
from poolproof.conformance.drivers import Driver
from poolproof.conformance.drivers.playing import run_possible
from poolproof.conformance.programs.program import Acquire, Build, Operation, Release
from poolproof.conformance.server import Server
from poolproof.conformance.targets.settings import PoolSettings
from poolproof.spec.events import Terms

MAX_CONNECTIONS = 2

ASK = Acquire("A")
GIVE_BOTH = (Release(1, "A"), Release(2, "A"))


def terms_for(court: Court, timeout_s: float, socket_timeout_s: float | None = None) -> Terms:
    """The terms for a pool, which may take no timeout."""
    if "timeout" in court.settings.takes:
        return Terms(MAX_CONNECTIONS, timeout_s, socket_timeout_s=socket_timeout_s)
    return Terms(MAX_CONNECTIONS, takes_timeout=False, socket_timeout_s=socket_timeout_s)


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


def play(driver: Driver, terms: Terms, operations: Sequence[Operation]) -> None:
    """Play a program to its end, where all connections are asked for."""
    driver.run_one(Build("A", terms))
    run_possible(driver, operations)
    driver.finish()


def in_one_line(reason: Exception) -> str:
    """What kept a program from being run, without the stacks that may follow."""
    return str(reason).partition("\n")[0]
