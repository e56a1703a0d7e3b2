"""What a pool is built with that makes no sense, one argument at a time."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from time import monotonic

from poolproof.spec.model.events import ArgumentTried, Error, Event

from ...adapters.facade import usable_by_threads
from ...adapters.probe import Prepared
from ...adapters.settings import PoolSettings
from ...isolation.call_with_timeout import NeverReturned, call_with_timeout
from ...isolation.run_in_fork import run_in_fork
from ..durations import BRIEF_S

SENSELESS_MAX_CONNECTIONS: tuple[object, ...] = (0, -1, True, 2.5, "10", None)
SENSELESS_TIMEOUTS: tuple[object, ...] = (-1, -0.5, math.nan, True, "10")


def senseless_arguments(prepared: Prepared) -> Iterator[Sequence[Event]]:
    """Build a pool with each senseless argument, and acquire from it if it can be built."""
    usual = replace(prepared.settings, max_connections=2, timeout=BRIEF_S)
    # A pool that lives on a thread of its module cannot work in a child, which has no such thread.
    isolated = _try(usual, prepared, "max_connections", 2, isolated=True).returned
    yield [
        _try(
            replace(usual, max_connections=value),
            prepared,
            "max_connections",
            value,
            isolated=isolated,
        )
        for value in SENSELESS_MAX_CONNECTIONS
    ]
    if "timeout" in prepared.settings.takes:
        yield [
            _try(replace(usual, timeout=value), prepared, "timeout", value, isolated=isolated)
            for value in SENSELESS_TIMEOUTS
        ]


def _try(
    settings: PoolSettings, prepared: Prepared, argument: str, value: object, *, isolated: bool
) -> ArgumentTried:
    with usable_by_threads(prepared.adapter) as adapter:

        def build_and_acquire() -> dict[str, object]:
            try:
                pool = adapter.open(settings)
                adapter.release(pool, adapter.acquire(pool))
                adapter.close(pool)
            except BaseException as raised:  # noqa: BLE001 - a pool may refuse with any error
                return {"refused": asdict(prepared.library.error(raised))}
            return {"refused": None}

        try:
            # A pool that takes the argument to mean "without bound" may open or allocate without end.
            refused = (run_in_fork if isolated else call_with_timeout)(build_and_acquire)["refused"]
        except NeverReturned:
            return ArgumentTried(monotonic(), argument, repr(value), None, returned=False)
    error = Error(**refused) if isinstance(refused, dict) else None
    return ArgumentTried(monotonic(), argument, repr(value), error)
