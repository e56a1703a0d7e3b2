"""What every test may ask for: a real Redis server, obtained as the tool obtains its own."""

import gc
from collections.abc import Iterator

import pytest

from poolproof.conformance.server import Server, obtain

LONGEST = {"test_documents.py", "test_no_false_alarms.py", "test_released_pools.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest come first: the last worker is not left with one when the others are done."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_collection_finish() -> None:
    """What there is by now stays to the end: the garbage collector need not look at it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with obtain() as server:
        yield server
