"""Which clock a pool goes by that lets connections grow old.

Programs let them grow old by a virtual clock, which shows in Python's `time` and in the event loop. A
pool that looks elsewhere, at `datetime.now()` or a clock in C, would be blamed for what it cannot see.
So one that does not age by our clock is looked at once in real time; if it ages then, it is not judged.
"""

from dataclasses import replace
from functools import partial
from threading import Event

from poolproof.spec.events import Acquired

from .adapter import AnyAdapter
from .bounded import OVERDUE_S, error_of
from .drivers import Driver
from .facade import usable_by_threads
from .preparation import Prepared
from .program import Acquire, Build, Pass, Release
from .settings import PoolSettings
from .themes import LONG_S, Theme, terms_of

BRIEF_S = 1.0
"""How old connections may become where time is real."""

LONGER_S = 2.5 * BRIEF_S
"""How long one is left idle there."""


def goes_by_another_clock(driver: Driver, prepared: Prepared, theme: Theme) -> bool:
    """Whether the pool lets connections grow old as it should, but not by the clock of programs."""
    return _stays_the_same(driver, prepared, theme) and _ages_in_real_time(prepared, theme)


def _stays_the_same(driver: Driver, prepared: Prepared, theme: Theme) -> bool:
    terms = terms_of(theme, 1, takes_timeout="timeout" in prepared.settings.takes)
    driver.run_one(Build("A", terms))
    driver.run_one(Acquire("A"))
    for acquire in [*driver.holding]:
        driver.run_one(Release(acquire, "A"))
    driver.run_one(Pass(LONG_S))
    driver.run_one(Acquire("A"))
    numbers = [event.connection for event in driver.events if isinstance(event, Acquired)]
    driver.close()
    return len(numbers) > len(set(numbers))


def _ages_in_real_time(prepared: Prepared, theme: Theme) -> bool:
    terms = terms_of(theme, 1, takes_timeout="timeout" in prepared.settings.takes)
    settings = replace(
        prepared.settings,
        max_connections=1,
        timeout=terms.timeout_s,
        max_idle_time=terms.max_idle_time_s and BRIEF_S,
        max_lifetime=terms.max_lifetime_s and BRIEF_S,
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
