"""What the programs have in common in which the server is away in real time: pools of two connections.

Some have a server of their own, which may be ended or stopped, whatever server the others run on.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from poolproof.spec.model.events import PoolConfig

from ...adapters.probe import Prepared
from ...callers.driver import Driver
from ...callers.playing import run_possible
from ...programs.operations import Acquire, Build, Operation, Release
from ...programs.setup import DIRECT
from ...server.restartable import RestartableServer
from ...server.restartable_monitor import RestartableMonitor
from ..context import CheckContext

MAX_CONNECTIONS = 2

ASK = Acquire("A")
GIVE_BOTH = (Release(1, "A"), Release(2, "A"))


def built(context: CheckContext, timeout_s: float, socket_timeout_s: float | None = None) -> Build:
    """How the pool is built, which may take no timeout."""
    takes_timeout = "timeout" in context.settings.takes
    return Build(
        "A",
        PoolConfig(
            MAX_CONNECTIONS,
            timeout_s if takes_timeout else None,
            takes_timeout,
            socket_timeout_s=socket_timeout_s,
        ),
    )


def play(driver: Driver, build: Build, operations: Sequence[Operation]) -> None:
    """Play a program to its end, where all connections are asked for."""
    driver.run_one(build)
    run_possible(driver, operations)
    driver.finish()


@contextmanager
def driver_at(
    context: CheckContext,
    prepared: Prepared,
    restartable: RestartableServer,
    name: str,
    *,
    look_twice: bool,
) -> Iterator[Driver]:
    """A driver for one program at a server that ends and comes back, with a client name of its own."""
    server, settings = restartable.server, prepared.settings
    settings = replace(
        settings,
        host=server.host,
        port=server.port,
        db=server.db,
        username=server.username,
        password=server.password,
        client_name=f"{settings.client_name}-{name}",
    )
    monitor = RestartableMonitor(restartable)
    try:
        yield context.drivers.new(
            DIRECT, settings, monitor, look_twice=look_twice, restartable_monitor=monitor
        )
    finally:
        monitor.close()
