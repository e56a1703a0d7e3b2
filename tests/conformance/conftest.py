"""What the tests of the kit build their pools with."""

import signal
from collections.abc import Iterator
from secrets import token_hex

import pytest

from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.server import Server


@pytest.fixture
def signals_stay() -> Iterator[None]:
    """What the command does when it is told to stop, it does in this process, too."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def interruptible(signals_stay: None) -> None:
    """Children hear an interrupt: if this was started in the background of a shell, they inherit that
    it is ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def settings(server: Server) -> PoolSettings:
    """A pool of two connections at the server, under a name that no other pool has."""
    return PoolSettings(
        server.host,
        server.port,
        server.db,
        username=server.username,
        password=server.password,
        client_name=f"poolproof-{token_hex(8)}",
        max_connections=2,
        timeout=0.05,
    )
