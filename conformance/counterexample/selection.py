"""Which pools and which events of a history a counterexample is about."""

from collections.abc import Sequence

from poolproof.spec.model.events import (
    AcquireCalled,
    Cut,
    Event,
    Outage,
    PoolBuilt,
    PoolEvent,
    ReleaseCalled,
)


def concerning(pool: str, events: Sequence[Event]) -> tuple[Event, ...]:
    """The events of this pool and of those whose connections it got. Empty, it is the last event's."""
    last = events[-1]
    if not pool and isinstance(last, PoolEvent):
        pool = last.pool
    if not pool:
        return tuple(events)
    owners = {event.call: event.pool for event in events if isinstance(event, AcquireCalled)}
    given = {
        owners[event.acquire]
        for event in events
        if isinstance(event, ReleaseCalled) and event.pool == pool
    }
    return tuple(
        event
        for event in events
        if not isinstance(event, PoolEvent) or event.pool in {pool, *given}
    )


def acting_pools(events: Sequence[Event]) -> list[str]:
    """The pools in which something happens; if there are none, the one that was built first."""
    built = [event.pool for event in events if isinstance(event, PoolBuilt)]
    acting = {
        event.pool
        for event in events
        if isinstance(event, PoolEvent) and not isinstance(event, PoolBuilt)
    }
    return [pool for pool in built if pool in acting] or built[:1]


def cuts_of_outages(events: Sequence[Event]) -> set[int]:
    """The indexes of the cuts that follow an outage at once. What says how all connections end says
    it of these, too.
    """
    cuts = set()
    in_outage = False
    for index, event in enumerate(events):
        is_cut = isinstance(event, Cut)
        if is_cut and in_outage:
            cuts.add(index)
        in_outage = isinstance(event, Outage) or (is_cut and in_outage)
    return cuts
