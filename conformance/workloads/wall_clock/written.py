"""What the programs have in common that run in real time: they are written down, and have two slots."""

from collections.abc import Sequence
from dataclasses import replace

from poolproof.spec.model.events import PoolConfig

from ...adapters.settings import PoolSettings
from ...callers.driver import Driver
from ...callers.playing import run_possible
from ...programs.operations import Acquire, Build, Operation, Release
from ...server import Server
from ..context import CheckContext

MAX_CONNECTIONS = 2

ASK = Acquire("A")
GIVE_BOTH = (Release(1, "A"), Release(2, "A"))


def terms_for(
    context: CheckContext, timeout_s: float, socket_timeout_s: float | None = None
) -> PoolConfig:
    """The terms for a pool, which may take no timeout."""
    if "timeout" in context.settings.takes:
        return PoolConfig(MAX_CONNECTIONS, timeout_s, socket_timeout_s=socket_timeout_s)
    return PoolConfig(MAX_CONNECTIONS, takes_timeout=False, socket_timeout_s=socket_timeout_s)


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


def play(driver: Driver, config: PoolConfig, operations: Sequence[Operation]) -> None:
    """Play a program to its end, where all connections are asked for."""
    driver.run_one(Build("A", config))
    run_possible(driver, operations)
    driver.finish()


def in_one_line(reason: Exception) -> str:
    """What kept a program from being run, without the stacks that may follow."""
    return str(reason).partition("\n")[0]
