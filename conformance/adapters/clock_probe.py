"""Which clock a pool goes by that lets connections grow old.

Programs let them grow old by a virtual clock, which shows in Python's `time` and in the event loop. A
pool that looks elsewhere, at `datetime.now()` or a clock in C, would be blamed for what it cannot see.
So one that does not age by our clock is looked at once in real time; if it ages then, it is not judged.
A pool that should open connections while it is left alone, and does not, is looked at likewise.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event as ThreadEvent
from typing import TypeAlias

from poolproof.spec.model.events import Acquired, Event, PoolConfig, Quiescent

from ..isolation.call_with_timeout import OVERDUE_S
from ..programs.operations import Acquire, Build, Drop, Operation, Pass, Release
from .adapter import AnyAdapter
from .probe import Prepared, error_in_use, opened

BRIEF_S = 1.0
"""How old connections may become where time is real."""

LONGER_S = 2.5 * BRIEF_S
"""How long one is left idle there."""

VIRTUAL_S = 150.0
"""How long one is left idle by the clock of programs: longer than any of their pools lets them be."""

Play: TypeAlias = Callable[[Sequence[Operation]], Sequence[Event]]
"""Runs what is possible of a program by the clock of programs, and returns what was seen."""


def goes_by_another_clock(play: Play, prepared: Prepared, config: PoolConfig) -> bool:
    """Whether a pool of this configuration does in time what it should, but only in real time."""
    if config.min_idle is not None:
        return _stays_short(play, config) and _fills_in_real_time(prepared, config)
    config = replace(config, max_connections=1)
    return _stays_the_same(play, config) and _ages_in_real_time(prepared, config)


def _stays_the_same(play: Play, config: PoolConfig) -> bool:
    again = (Acquire("A"), Release(1, "A"), Pass(VIRTUAL_S), Acquire("A"))
    seen = play((Build("A", config), *again))
    numbers = [event.connection for event in seen if isinstance(event, Acquired)]
    return len(numbers) > len(set(numbers))


def _ages_in_real_time(prepared: Prepared, config: PoolConfig) -> bool:
    settings = replace(
        prepared.settings,
        max_connections=1,
        timeout=config.timeout_s,
        max_idle_time=config.max_idle_time_s and BRIEF_S,
        max_lifetime=config.max_lifetime_s and BRIEF_S,
    )
    numbers: list[object] = []

    def use_twice(adapter: AnyAdapter, pool: object) -> None:
        for pause_s in (LONGER_S, 0.0):
            connection = adapter.acquire(pool)
            numbers.append(_reply(adapter, connection, "ID"))
            adapter.release(pool, connection)
            ThreadEvent().wait(pause_s)

    raised = error_in_use(prepared, settings, use_twice, LONGER_S + OVERDUE_S)
    return raised is None and len(set(numbers)) > 1


def _stays_short(play: Play, config: PoolConfig) -> bool:
    dropped = (Acquire("A"), Drop(1), Release(1, "A"), Pass(VIRTUAL_S))
    seen = play((Build("A", config), *dropped))
    settled = [event for event in seen if isinstance(event, Quiescent)]
    return len(settled[-1].open["A"]) < (config.min_idle or 0)


def _fills_in_real_time(prepared: Prepared, config: PoolConfig) -> bool:
    settings = replace(
        prepared.settings,
        max_connections=config.max_connections,
        timeout=config.timeout_s,
        min_idle=config.min_idle,
    )
    looking = replace(settings, client_name=f"{settings.client_name}-looks", min_idle=None)
    seen: list[int] = []

    def leave_alone(adapter: AnyAdapter, pool: object) -> None:
        with opened(adapter, looking) as other:
            connection = adapter.acquire(pool)
            adapter.disconnect(connection)
            adapter.release(pool, connection)
            ThreadEvent().wait(LONGER_S)
            connection = adapter.acquire(other)
            listed = _reply(adapter, connection, "LIST")
            text = listed.decode() if isinstance(listed, bytes) else str(listed)
            seen.append(text.count(f" name={settings.client_name} "))
            adapter.release(other, connection)

    raised = error_in_use(prepared, settings, leave_alone, LONGER_S + OVERDUE_S)
    return raised is None and seen[-1] >= (config.min_idle or 0)


def _reply(adapter: AnyAdapter, connection: object, about_clients: str) -> object:
    adapter.send(connection, "CLIENT", about_clients)
    return adapter.receive(connection)
