"""What a pool is built with that makes no sense, one argument at a time."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import monotonic

from poolproof.conformance.adapter import Adapter, PoolSettings
from poolproof.conformance.bounded import NeverReturned, bounded
from poolproof.conformance.preparation import Prepared
from poolproof.conformance.program import BRIEF_S
from poolproof.spec.events import ArgumentTried, Event

SENSELESS_MAX_CONNECTIONS: tuple[object, ...] = (0, -1, True, 2.5, "10", None)
SENSELESS_TIMEOUTS: tuple[object, ...] = (-1, -0.5, math.nan, True, "10")


def senseless_arguments(adapter: Adapter, prepared: Prepared) -> Iterator[Sequence[Event]]:
    """Build a pool with each senseless argument, and acquire from it if it can be built."""
    usual = replace(prepared.settings, max_connections=2, timeout=BRIEF_S)
    for value in SENSELESS_MAX_CONNECTIONS:
        tried = replace(usual, max_connections=value)
        yield [_try(adapter, tried, prepared, "max_connections", value)]
    if "timeout" in prepared.settings.takes:
        for value in SENSELESS_TIMEOUTS:
            yield [_try(adapter, replace(usual, timeout=value), prepared, "timeout", value)]


def _try(
    adapter: Adapter, settings: PoolSettings, prepared: Prepared, argument: str, value: object
) -> Event:
    def build_and_acquire() -> None:
        pool = adapter.open(settings)
        try:
            connection = adapter.acquire(pool)
            adapter.release(pool, connection)
        finally:
            adapter.close(pool)

    refused = None
    try:
        bounded(build_and_acquire)
    except NeverReturned:
        pass  # a pool that hangs has not refused
    except Exception as raised:  # noqa: BLE001 - a pool may refuse with any error
        refused = prepared.library.error(raised)
    return ArgumentTried(monotonic(), argument, repr(value), refused)
