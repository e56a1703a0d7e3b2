"""Numbers the connections of a history anew, so that what is said of it names connection 1, 2 and 3."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .events import (
    Acquired,
    AcquiredAfterFork,
    BytesArrived,
    Cut,
    Event,
    Forked,
    Quiescent,
    ReleasedAfterFork,
    UsedAfterFork,
)

NAMING = Acquired | BytesArrived | Cut | AcquiredAfterFork | ReleasedAfterFork | UsedAfterFork
"""Events that name one connection."""


def numbered_anew(events: Sequence[Event]) -> tuple[Event, ...]:
    """The events with connections numbered from 1, in the order in which they are met."""
    return tuple(_numbered(events))


def _numbered(events: Sequence[Event]) -> Iterator[Event]:
    numbers: dict[int, int] = {}

    def number_of(connection: int) -> int:
        return numbers.setdefault(connection, len(numbers) + 1)

    for event in events:
        if isinstance(event, Forked):
            in_use = number_of(event.in_use)
            idle = event.idle and number_of(event.idle)
            yield replace(event, in_use=in_use, idle=idle)
        elif isinstance(event, NAMING) and event.connection is not None:
            yield replace(event, connection=number_of(event.connection))
        elif isinstance(event, Quiescent):
            open_now = {
                pool: frozenset(number_of(connection) for connection in sorted(seen))
                for pool, seen in event.open.items()
            }
            yield replace(event, open=open_now)
        else:
            yield event
