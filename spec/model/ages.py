"""Ages of connections, counted from outside: a connection is idle from its release on, and was open at
the latest when somebody saw it so.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from .events import AcquireCalled, Acquired, BlockLeft, PoolConfig, Quiescent, ReleaseReturned
from .history import History
from .judgement import Judgement
from .state import Moment

LATE = 2
"""How many times as old as allowed a connection must be to break a clause: pools may look for old ones
from time to time only, and spread lifetimes so that not all end at once."""

Since: TypeAlias = dict[int, float]
"""For each connection: from when on it grows old."""


def none_too_old(
    history: History,
    limit_of: Callable[[PoolConfig], float | None],
    note: Callable[[Since, Moment], None],
    how: str,
) -> Iterator[Judgement]:
    """Judge that no connection is handed out that was too old already when its caller asked.

    `note` writes down since when each connection grows old, `limit_of` says how old it may be, and
    `how` is what a connection that was older had been.
    """
    for moments in history.judged_pools:
        since: Since = {}
        called_s: dict[int, float] = {}
        met_an_old_one: set[int] = set()
        for moment in moments:
            state, event = moment.before, moment.event
            limit_s = limit_of(state.config)
            if limit_s is None:
                break
            if isinstance(event, AcquireCalled):
                called_s[event.call] = event.at_s
                ages = [event.at_s - since.get(each, event.at_s) for each in state.idle]
                if any(age > LATE * limit_s for age in ages):
                    met_an_old_one.add(event.call)
            elif isinstance(event, Acquired) and event.connection is not None:
                asked_s = called_s[event.call]
                age_s = asked_s - since.get(event.connection, asked_s)
                if age_s > LATE * limit_s:
                    which = how.format(age=age_s, limit=limit_s)
                    broken = f"acquire got connection {event.connection}, which {which}"
                    yield Judgement(moment.index, broken)
                elif event.call in met_an_old_one:
                    yield Judgement(moment.index)
            note(since, moment)


def idle_since(since: Since, moment: Moment) -> None:
    """Note since when connections are idle: not before their release has returned."""
    state, event = moment.before, moment.event
    match event:
        case Acquired(connection=int(connection)):
            since.pop(connection, None)
        case ReleaseReturned(at_s=at_s, acquire=acquire, error=None):
            released = state.released.get(acquire)
            since |= {} if released is None else {released: at_s}
        case BlockLeft(at_s=at_s, acquire=acquire):
            released = state.in_use.get(acquire)
            since |= {} if released is None else {released: at_s}
        case _:
            pass


def open_since(since: Since, moment: Moment) -> None:
    """Note since when connections are open: at the latest since a caller or the server had them."""
    event = moment.event
    if isinstance(event, Acquired) and event.connection is not None:
        since.setdefault(event.connection, event.at_s)
    elif isinstance(event, Quiescent):
        for connection in event.open.get(moment.pool, ()):
            since.setdefault(connection, event.at_s)
