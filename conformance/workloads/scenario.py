"""Scenarios: the smallest programs in which callers can get in each other's way, or something fails.

There are few enough of them, and each is small enough, to try every course that one can take. Calls
are numbered from 1 in the order in which they are made.
"""

from dataclasses import dataclass

from poolproof.spec import Capability
from poolproof.spec.model.events import PoolConfig

from ..callers.driver import Driver
from ..callers.playing import run_possible
from ..engines.threads import Course
from ..engines.threads.scheduled_threads import ScheduledThreads
from ..programs.operations import (
    Acquire,
    BeginFailing,
    Build,
    Burst,
    Operation,
    Pass,
    Release,
    Spoil,
    renumbered,
)
from ..programs.schedule import Schedule
from .durations import CROWD_S

ASK = Acquire("A")


def give(acquire: int) -> Release:
    """The release of what a call got."""
    return Release(acquire, "A")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What has happened one after another, and what happens then at once."""

    name: str
    max_connections: int
    before: tuple[Acquire | Release, ...]
    """What one caller does after another before anybody waits."""
    holding: frozenset[int]
    """The calls that must hold a connection by then; else the scenario says nothing of this pool."""
    waiting: frozenset[int]
    """The calls that wait then."""
    waits: tuple[Operation, ...]
    """How they came to wait, and what happens meanwhile, one after another."""
    at_once: tuple[Operation, ...]
    after: tuple[Operation, ...] = ()
    """What happens then, one after another, as far as it still can."""
    timeout_s: float = CROWD_S
    """How long callers are to wait."""
    needs: frozenset[Capability] = frozenset()
    """What a pool must offer for it, besides what the workload needs."""

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All of it, one after another."""
        return (*self.before, *self.waits, *self.at_once, *self.after)

    @property
    def fails_connections(self) -> bool:
        """Whether the pool's own connections fail in it."""
        return any(isinstance(operation, BeginFailing | Spoil) for operation in self.operations)

    def has_begun(self, driver: Driver) -> bool:
        """Whether the pool got as far as the scenario begins."""
        holds = self.holding <= driver.holding.keys()
        return holds and self.waiting <= driver.waiting.keys()

    def build(self, pool: str, *, takes_timeout: bool) -> Build:
        """How a pool of it is built."""
        timeout_s = self.timeout_s if takes_timeout else None
        return Build(pool, PoolConfig(self.max_connections, timeout_s, takes_timeout))


def play(
    driver: Driver,
    scenario: Scenario,
    schedule: Schedule = Schedule(),  # noqa: B008 - it is frozen
    *,
    takes_timeout: bool,
) -> Course:
    """Play a scenario to its end, unless the pool does not get as far as it begins.

    Returns the course that callers took who met; an empty one if nobody made them take turns.
    """
    for pool in ("A", "B"):
        driver.run_one(scenario.build(pool, takes_timeout=takes_timeout))
    run_possible(driver, (*scenario.before, *scenario.waits))
    course = meet(driver, scenario, schedule)
    driver.finish()
    return course


def meet(driver: Driver, scenario: Scenario, schedule: Schedule) -> Course:
    """Play the rest of a scenario whose callers hold or wait already. Returns as `play` does."""
    if not scenario.has_begun(driver):
        return Course()
    driver.run(Burst(scenario.at_once, schedule))
    course = driver.course if isinstance(driver, ScheduledThreads) else Course()
    run_possible(driver, scenario.after)
    return course


def staged(
    name: str,
    max_connections: int,
    at_once: tuple[Operation, ...],
    *,
    holding: int = 0,
    waiting: int = 0,
    apart_s: float = 0.0,
    idle: int = 0,
    shown: bool = False,
    meanwhile: tuple[Operation, ...] = (),
    after: tuple[Operation, ...] = (),
    timeout_s: float = CROWD_S,
    needs: frozenset[Capability] = frozenset(),
) -> Scenario:
    """So many callers hold a connection, then so many wait; some connections may be idle before.

    So much time passes after each caller who begins to wait that their ends are `apart_s`.
    Another pool may have `shown` before that its slots can all be used, and that waiters are served.
    `meanwhile` is what happens then, one after another, before anything happens `at_once`.
    """
    before: tuple[Acquire | Release, ...] = ()
    if shown:
        before = ((Acquire("B"),) * (max_connections + 1)) + (Release(1, "B"),)
    earlier = len(before)
    before += (ASK,) * idle + tuple(give(earlier + call + 1) for call in range(idle))
    first = len(before) + 1

    def later(call: int) -> int:
        return call + earlier

    return Scenario(
        name,
        max_connections,
        (*before, *(ASK for _ in range(holding))),
        frozenset(range(first, first + holding)),
        frozenset(range(first + holding, first + holding + waiting)),
        (
            *((ASK, Pass(apart_s)) if apart_s else (ASK,)) * waiting,
            *(renumbered(operation, later) for operation in meanwhile),
        ),
        tuple(renumbered(operation, later) for operation in at_once),
        tuple(renumbered(operation, later) for operation in after),
        timeout_s,
        needs,
    )
