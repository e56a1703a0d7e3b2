"""What the tests of the kit build their pools with."""

from secrets import token_hex

import pytest

from poolproof.conformance.server import Server
from poolproof.conformance.settings import PoolSettings


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
