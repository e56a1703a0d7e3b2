"""Which clock a pool goes by that lets connections grow old.

Programs let them grow old by a virtual clock, which shows in Python's `time` and in the event loop. A
pool that looks elsewhere, at `datetime.now()` or a clock in C, would be blamed for what it cannot see.
So one that does not age by our clock is looked at once in real time; if it ages then, it is not judged.
The same is done with a pool that should open connections while it is left alone, and does not.
"""

from dataclasses import replace
from functools import partial
from threading import Event

from poolproof.spec.model.events import Acquired, PoolConfig, Quiescent

from ..callers.factory import Driver
from ..isolation.call_with_timeout import OVERDUE_S, error_of
from ..programs.operations import Acquire, Build, Drop, Pass, Release
from ..workloads.themes import LONG_S, Theme, terms_of
from .adapter import AnyAdapter
from .facade import usable_by_threads
from .probe import Prepared
from .settings import PoolSettings

BRIEF_S = 1.0
"""How old connections may become where time is real."""

LONGER_S = 2.5 * BRIEF_S
"""How long one is left idle there."""


def goes_by_another_clock(driver: Driver, prepared: Prepared, theme: Theme) -> bool:
    """Whether the pool does in time what it should, but not by the clock of programs."""
    if theme is Theme.MIN_IDLE:
        return _stays_short(driver, prepared) and _fills_in_real_time(prepared)
    return _stays_the_same(driver, prepared, theme) and _ages_in_real_time(prepared, theme)


def _stays_the_same(driver: Driver, prepared: Prepared, theme: Theme) -> bool:
    config = terms_of(theme, 1, takes_timeout="timeout" in prepared.settings.takes)
    driver.run_one(Build("A", config))
    driver.run_one(Acquire("A"))
    for acquire in [*driver.holding]:
        driver.run_one(Release(acquire, "A"))
    driver.run_one(Pass(LONG_S))
    driver.run_one(Acquire("A"))
    numbers = [event.connection for event in driver.events if isinstance(event, Acquired)]
    driver.close()
    return len(numbers) > len(set(numbers))


def _ages_in_real_time(prepared: Prepared, theme: Theme) -> bool:
    config = terms_of(theme, 1, takes_timeout="timeout" in prepared.settings.takes)
    settings = replace(
        prepared.settings,
        max_connections=1,
        timeout=config.timeout_s,
        max_idle_time=config.max_idle_time_s and BRIEF_S,
        max_lifetime=config.max_lifetime_s and BRIEF_S,
    )
    numbers: list[object] = []
    with usable_by_threads(prepared.adapter) as adapter:
        raised = error_of(partial(_use_twice, adapter, settings, numbers), LONGER_S + OVERDUE_S)
    return raised is None and len(set(numbers)) > 1


def _use_twice(adapter: AnyAdapter, settings: PoolSettings, numbers: list[object]) -> None:
    """Note which connections are handed out before and after they have grown old."""
    pool = adapter.open(settings)
    try:
        for pause_s in (LONGER_S, 0.0):
            connection = adapter.acquire(pool)
            adapter.send(connection, "CLIENT", "ID")
            numbers.append(adapter.receive(connection))
            adapter.release(pool, connection)
            Event().wait(pause_s)
    finally:
        adapter.close(pool)


def _stays_short(driver: Driver, prepared: Prepared) -> bool:
    config = _terms_of_rest(prepared)
    driver.run_one(Build("A", config))
    driver.run_one(Acquire("A"))
    for acquire in [*driver.holding]:
        driver.run_one(Drop(acquire))
        driver.run_one(Release(acquire, "A"))
    driver.run_one(Pass(LONG_S))
    settled = [event for event in driver.events if isinstance(event, Quiescent)]
    driver.close()
    return len(settled[-1].open["A"]) < (config.min_idle or 0)


def _fills_in_real_time(prepared: Prepared) -> bool:
    config = _terms_of_rest(prepared)
    settings = replace(
        prepared.settings,
        max_connections=config.max_connections,
        timeout=config.timeout_s,
        min_idle=config.min_idle,
    )
    seen: list[int] = []
    with usable_by_threads(prepared.adapter) as adapter:
        raised = error_of(partial(_leave_alone, adapter, settings, seen), LONGER_S + OVERDUE_S)
    return raised is None and seen[-1] >= (config.min_idle or 0)


def _terms_of_rest(prepared: Prepared) -> PoolConfig:
    return terms_of(Theme.MIN_IDLE, 4, takes_timeout="timeout" in prepared.settings.takes)


def _leave_alone(adapter: AnyAdapter, settings: PoolSettings, seen: list[int]) -> None:
    """Note how many connections are open when a pool has been used and then left alone."""
    pool = adapter.open(settings)
    looking = replace(settings, client_name=f"{settings.client_name}-looks", min_idle=None)
    other = adapter.open(looking)
    try:
        connection = adapter.acquire(pool)
        adapter.disconnect(connection)
        adapter.release(pool, connection)
        Event().wait(LONGER_S)
        connection = adapter.acquire(other)
        adapter.send(connection, "CLIENT", "LIST")
        listed = adapter.receive(connection)
        told = listed.decode() if isinstance(listed, bytes) else str(listed)
        seen.append(told.count(f" name={settings.client_name} "))
        adapter.release(other, connection)
    finally:
        adapter.close(pool)
        adapter.close(other)
