"""A sentence for each event of callers who come one by one."""

from collections.abc import Iterator, Sequence

from poolproof.spec.model.duration import duration
from poolproof.spec.model.events import AcquireCalled, CallEnds, Event, PoolBuilt, Quiescent

from .names import names_of
from .selection import cuts_of_outages

LONG_S = 10.0
"""Time that is worth a sentence also where nobody is known to have waited for it."""


def sentences(events: Sequence[Event]) -> Iterator[str]:
    """What happened, one thing after another; nothing about how the pools were built."""
    names = names_of(events, in_lanes=False, short=False)
    asking: dict[int, AcquireCalled] = {}
    waiting: set[int] = set()
    unsaid = cuts_of_outages(events)
    last_s = 0.0
    for index, event in enumerate(events):
        passed_s, last_s = event.at_s - last_s, event.at_s
        if isinstance(event, AcquireCalled):
            asking[event.call] = event
        elif isinstance(event, CallEnds):
            asking.pop(event.call, None)
        elif isinstance(event, Quiescent):
            if passed_s >= LONG_S:
                yield f"{duration(passed_s)} pass"
            newcomers = [call for call in asking if call not in waiting]
            waiting.update(newcomers)
            if newcomers:
                yield f"{asking[newcomers[0]].asks(names)} waits"
        text = event.text(names)
        if text and index not in unsaid and not isinstance(event, PoolBuilt):
            yield text
