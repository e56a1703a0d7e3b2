"""The loop that a test runs by hand, and the proof that the test left nothing behind on it."""

from collections.abc import Iterator

import pytest

from poolproof.conformance.engines.asyncio import VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    assert loop.end() == []
    assert loop.unhandled == []
