"""What every test may ask for: a real Redis server, obtained as the tool obtains its own."""

import gc
from collections.abc import Iterator

import pytest

from poolproof.conformance.server import Server, obtain


def pytest_collection_finish() -> None:
    """What there is by now stays to the end: the garbage collector need not look at it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with obtain() as server:
        yield server
