"""What every test may ask for: a real Redis server, obtained as the tool obtains its own."""

from collections.abc import Iterator

import pytest

from poolproof.conformance.server import Server, obtain


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with obtain() as server:
        yield server
