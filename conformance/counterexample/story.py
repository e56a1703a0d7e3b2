"""The story: a history told so that anyone understands what happened.

Where callers come one by one it is a list. Where they meet, each has a lane.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from poolproof.spec import CLAUSES, History, Level
from poolproof.spec.model.events import (
    AcquireCalled,
    Acquired,
    BytesArrived,
    Cut,
    Event,
    PoolBuilt,
    Quiescent,
    ReleaseCalled,
)
from poolproof.spec.model.fork_events import (
    AcquiredAfterFork,
    Forked,
    ReleasedAfterFork,
    UsedAfterFork,
)

from .lanes import in_lanes
from .meeting import callers_meet
from .rows import in_rows, rows_of
from .steps import acting_pools, in_steps, introduction

CONNECTED = Acquired | BytesArrived | Cut | AcquiredAfterFork | ReleasedAfterFork | UsedAfterFork
"""Events that name a connection."""

Moment: TypeAlias = dict[str, str]
"""A step for machines: `caller`, `what`, and how the `pool` is, each only where there is one."""

MOST_PLACES = 6
"""How many places of a stack are told, the innermost ones."""


def tell(clause: str, events: Sequence[Event]) -> tuple[tuple[str, ...], str]:
    """The steps up to the one that breaks the clause, and how it breaks it.

    Connections are numbered anew, in the order in which they are met. A history without callers has
    no order: all of it is told, and every way in which it breaks the clause.

    A step of several lines is laid out in columns already, as are those after it.
    """
    told, broken, meet = _what_is_told(clause, events)
    if meet:
        return (*_told_of_many(told), *_where_it_stands(told)), broken
    return in_steps(told), broken


def happened(clause: str, events: Sequence[Event]) -> list[Moment]:
    """The same steps for machines: who did what, and what the pool was like then, in no columns."""
    told, _, meet = _what_is_told(clause, events)
    if not meet:
        return [_moment(what=step) for step in in_steps(told)]
    rows = rows_of(told, short=len(acting_pools(told)) == 1)
    moments = [_moment(what=introduction(told))]
    moments += [_moment(row.caller, row.text, row.pool) for row in rows]
    return moments + [_moment(what=step) for step in _where_it_stands(told)]


def _moment(caller: str = "", what: str = "", pool: str = "") -> Moment:
    named = {"caller": caller, "what": what, "pool": pool}
    return {name: " ".join(text.split()) for name, text in named.items() if text}


def _what_is_told(clause: str, events: Sequence[Event]) -> tuple[tuple[Event, ...], str, bool]:
    """The events that a story tells, how they break the clause, and whether callers meet in them."""
    renumbered = tuple(_renumbered(events))
    broken_clause = CLAUSES[clause]
    judgements = broken_clause.judge(History(renumbered))
    judged = [each for each in judgements if each.broken is not None]
    broken = [each.broken or "" for each in judged]
    if any(isinstance(event, PoolBuilt) for event in renumbered):
        renumbered = _concerning(renumbered[: judged[0].event + 1], judged[0].pool)
        broken = broken[:1]
        if broken_clause.level is Level.CONCURRENT or callers_meet(renumbered):
            return renumbered, broken[0], True
    return renumbered, "; ".join(broken), False


def _told_of_many(events: Sequence[Event]) -> tuple[str, ...]:
    """In lanes; one below the other if there are too many callers for that, or several pools."""
    begins = introduction(events)
    lanes = None
    if len(acting_pools(events)) == 1:
        first = next((each.connection for each in events if isinstance(each, Acquired)), 1)
        lanes = in_lanes(f"{begins}; #{first} is connection {first}", rows_of(events, short=True))
    return lanes or in_rows(begins, rows_of(events, short=False))


def _where_it_stands(events: Sequence[Event]) -> tuple[str, ...]:
    """In which code a call waits that does not return."""
    last = events[-1]
    if not isinstance(last, Quiescent) or not last.standing:
        return ()
    places = last.standing[-MOST_PLACES:]
    return ("\n  ".join(("the call that does not return stands at", *places)),)


def _concerning(events: tuple[Event, ...], pool: str) -> tuple[Event, ...]:
    """The events of the pool that is judged, and of those whose connections it got."""
    pool = pool or getattr(events[-1], "pool", "")
    if not pool:
        return events
    owners = {event.call: event.pool for event in events if isinstance(event, AcquireCalled)}
    given = {
        owners[event.acquire]
        for event in events
        if isinstance(event, ReleaseCalled) and event.pool == pool
    }
    return tuple(event for event in events if getattr(event, "pool", pool) in {pool, *given})


def _renumbered(events: Sequence[Event]) -> Iterator[Event]:
    numbers: dict[int, int] = {}
    for event in events:
        if isinstance(event, Forked):
            in_use = numbers.setdefault(event.in_use, len(numbers) + 1)
            idle = event.idle and numbers.setdefault(event.idle, len(numbers) + 1)
            yield replace(event, in_use=in_use, idle=idle)
        elif isinstance(event, CONNECTED) and event.connection is not None:
            number = numbers.setdefault(event.connection, len(numbers) + 1)
            yield replace(event, connection=number)
        elif isinstance(event, Quiescent):
            for seen in event.open.values():
                for connection in sorted(seen):
                    numbers.setdefault(connection, len(numbers) + 1)
            open_now = {
                pool: frozenset(numbers[connection] for connection in seen)
                for pool, seen in event.open.items()
            }
            yield replace(event, open=open_now)
        else:
            yield event
