"""The exhaustive search: every course that a scenario can take, up to a bound that it tells.

For threads that is every schedule with at most so many pre-emptions, and every point at which a call
can be interrupted by a release in the same thread; for asyncio every suspension at which a caller can
be cancelled, and both ways of doing so. Found first, such a story is the shortest there is.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import permutations
from time import monotonic

from poolproof.spec import Capability
from poolproof.spec.model.events import PoolConfig

from ..adapters.probe import Prepared
from ..callers.factory import Driver, ScheduledThreads, Tasks
from ..callers.playing import run_possible
from ..engines.asyncio import TooManySuspensions, sweep
from ..engines.threads import Course, NotRepeatable, each_schedule
from ..programs.operations import Build, Burst, InTurn, Release
from ..programs.schedule import Cancellation, Schedule
from ..server.fake import ImaginedServer, stand_in_for
from ..workloads.context import CheckContext
from ..workloads.mishaps import (
    FORGOTTEN,
    REAUTHENTICATED,
    TURNED_AWAY,
    failing,
    interrupted_commands,
)
from ..workloads.scenarios import (
    ASK,
    CLOSED,
    DISCONNECTED,
    GIVEN_TIME,
    INTERRUPTED,
    LATE,
    MEETINGS,
    MISUSES,
    Scenario,
    cancelled_at,
    has_begun,
    released_inside,
)
from ..workloads.themes import Theme
from .budget import Depth

MOST_POINTS = 200
"""At how many points of a call something is tried at most."""

BEFORE_ANY = Cancellation(0, late=False)
"""Before the first suspension: a release is made by who is being cancelled already, while an acquire
is left in peace."""


class _Enough(Exception):
    """The time for the search is over, or there is nothing left to find."""


def search(context: CheckContext, prepared: Prepared, depth: Depth) -> tuple[str, ...]:
    """Try all courses, and let the checker judge each. Returns what is to be told of the search.

    Raises what kept a scenario from being run, such as CannotHost.
    """
    searching = _Search(context, prepared, depth)
    searching.in_sequence()
    searching.mishaps()
    if context.drivers.asyncio:
        return (*searching.orders(), *searching.suspensions())
    searching.schedules(range(1))
    told = searching.points()
    return (*searching.schedules(range(1, depth.preemptions + 1)), *told)


class _Search:
    def __init__(self, context: CheckContext, prepared: Prepared, depth: Depth) -> None:
        self._context = context
        self._prepared = prepared
        self._depth = depth
        self._end_s = 0.0
        self._repeatable = list(MEETINGS)
        self._told: tuple[str, ...] = ()
        """What is to be told of the schedules."""
        self._imagined = ImaginedServer()
        self._heard: set[str] = set()
        """The histories with stand-ins that break nothing, or were looked into."""
        self._stand_in = (
            stand_in_for(prepared.connection_class, self._imagined) if prepared.stand_ins else None
        )

    def schedules(self, preemptions: range) -> tuple[str, ...]:
        """All schedules of each scenario, those with the fewest pre-emptions first.

        The scenarios take turns, so that none has to wait for a long one.
        """
        self._begin()
        with suppress(_Enough):
            for most in preemptions:
                tried = Counter({scenario.name: 0 for scenario in self._repeatable})
                running = {
                    scenario: each_schedule(partial(self._run_schedule, scenario), most)
                    for scenario in self._repeatable
                }
                while running:
                    for scenario, schedules in [*running.items()]:
                        try:
                            next(schedules)
                            tried[scenario.name] += 1
                        except StopIteration:
                            del running[scenario]
                        except NotRepeatable:
                            del running[scenario], tried[scenario.name]
                            self._repeatable.remove(scenario)
                extent = (
                    f"all {tried.total()} schedules of {len(tried)} small scenarios with at most "
                    f"{most} pre-emptions between lines of the pool's code were tried"
                )
                self._told = (extent,)
        told = self._told
        if not told and not self._context.checker.is_done:
            told = ("there was no time to try all schedules of the small scenarios",)
        left_out = len(MEETINGS) - len(self._repeatable)
        if left_out:
            return *told, f"{left_out} scenarios took another course each time"
        return told

    def points(self) -> tuple[str, ...]:
        """Every point of a call at which the same thread can release another connection."""
        self._begin()
        tried, to_the_end = 0, True
        with suppress(_Enough):
            for scenario in INTERRUPTED:
                self._play(self._new_driver(), scenario)
            for number, _ in enumerate(released_inside(1)):
                for point in range(1, MOST_POINTS + 1):
                    driver = self._new_driver()
                    self._play(driver, released_inside(point)[number])
                    if not isinstance(driver, ScheduledThreads) or not driver.happened_inside:
                        break
                    tried += 1
                else:
                    to_the_end = False
            return (f"releases were tried at {_extent(tried, 'points inside', to_the_end)}",)
        return ()

    def orders(self) -> tuple[str, ...]:
        """Every order in which the callers of each scenario can begin."""
        self._begin()
        tried = 0
        with suppress(_Enough):
            for scenario in MEETINGS:
                for order in sorted(set(permutations(scenario.at_once)), key=repr):
                    self._play(self._new_driver(), replace(scenario, at_once=order))
                    tried += 1
            return (f"{len(MEETINGS)} small scenarios were tried in all their {tried} orders",)
        return ()

    def suspensions(self) -> tuple[str, ...]:
        """Every suspension of a call at which its caller can be cancelled, and both ways of it."""
        self._begin()
        tried, missed, to_the_end = 0, 0, True
        with suppress(_Enough):
            for number, _ in enumerate(cancelled_at(BEFORE_ANY)):
                try:
                    swept = sweep(partial(self._play_cancelled, number), at_most=MOST_POINTS)
                except TooManySuspensions:
                    tried += MOST_POINTS
                    to_the_end = False
                else:
                    tried += len({at.at_suspension for at in swept.tried})
                    missed += len(swept.missed)
            told = f"cancellations were tried at {_extent(tried, 'suspensions of', to_the_end)}"
            if missed:
                return told, f"{missed} cancellations came too late: a call took another course"
            return (told,)
        return ()

    def in_sequence(self) -> None:
        """Connections that are released twice, or to another pool; callers who come too late; and pools
        that are closed or disconnected.
        """
        offers = self._prepared.offers
        scenarios = [*MISUSES, *LATE]
        if Capability.CLOSE in offers:
            scenarios += CLOSED
        if Capability.DISCONNECT in offers:
            scenarios += DISCONNECTED
        if Capability.GRACEFUL_CLOSE in offers:
            scenarios += GIVEN_TIME
        self._begin()
        with suppress(_Enough):
            for scenario in scenarios:
                self._play(self._new_driver(), scenario)

    def mishaps(self) -> None:
        """Commands that are interrupted, connections that fail, and such as are never released."""
        offers, drivers = self._prepared.offers, self._context.drivers
        commands = interrupted_commands(asyncio=drivers.asyncio)
        kinds = [(FORGOTTEN, Theme.CROWD), (TURNED_AWAY, Theme.REFUSED)]
        if Capability.CLIENT in offers:
            kinds.append((commands, Theme.CROWD))
        if drivers.connections_can_fail:
            kinds.append((failing(offers), Theme.REFUSED))
        if Capability.REAUTHENTICATION in offers:
            kinds.append((REAUTHENTICATED, Theme.CROWD))
        with suppress(_Enough):
            for scenarios, theme in kinds:
                self._begin()
                for scenario in scenarios:
                    if monotonic() <= self._end_s:
                        self._play(self._new_driver(theme=theme), scenario)

    def _begin(self) -> None:
        """Each kind of search may take as long as the depth says."""
        self._end_s = monotonic() + self._depth.limit_s

    def _run_schedule(self, scenario: Scenario, schedule: Schedule) -> Course:
        """Run it with stand-ins; what breaks a clause then is run again on the real server."""
        if self._stand_in is None:
            return self._play(self._new_driver(), scenario, schedule)
        driver = self._new_driver(self._stand_in)
        course = self._play_briefly(driver, scenario, schedule)
        told = repr(driver.events)
        if told not in self._heard:
            self._heard.add(told)
            if self._context.checker.breaks_an_open_clause(driver.events):
                return self._play(self._new_driver(), scenario, schedule)
        return course

    def _new_driver(self, stand_in: type | None = None, *, theme: Theme = Theme.CROWD) -> Driver:
        self._context.on_step()
        if monotonic() > self._end_s or self._context.checker.is_done or self._context.time.is_up:
            raise _Enough
        if stand_in is None:
            return self._context.new_driver(theme)
        self._imagined.begin_anew()
        settings = self._prepared.settings
        extra = {**settings.extra, "connection_class": stand_in}
        return self._context.drivers.new(
            Theme.CROWD, replace(settings, extra=extra), self._imagined, look_twice=False
        )

    def _play(
        self,
        driver: Driver,
        scenario: Scenario,
        schedule: Schedule = Schedule(),  # noqa: B008 - it is frozen
    ) -> Course:
        """Play a scenario to its end, unless the pool does not get as far as it begins."""
        course = Course()
        for pool in ("A", "B"):
            driver.run_one(Build(pool, self._terms(scenario)))
        run_possible(driver, (*scenario.before, *scenario.waits))
        if has_begun(driver, scenario):
            driver.run(Burst(scenario.at_once, schedule))
            course = driver.course if isinstance(driver, ScheduledThreads) else course
            run_possible(driver, scenario.after)
        driver.finish()
        self._context.checker.judge(driver.events, driver.trace)
        return course

    def _play_briefly(self, driver: Driver, scenario: Scenario, schedule: Schedule) -> Course:
        """The same, with as few threads as possible; enough to see whether a clause may be broken."""
        course = Course()
        driver.run_one(Build("A", self._terms(scenario)))
        driver.run_one(InTurn(scenario.before))
        run_possible(driver, scenario.waits)
        if has_begun(driver, scenario) and isinstance(driver, ScheduledThreads):
            driver.run(Burst(scenario.at_once, schedule))
            course = driver.course
            run_possible(driver, scenario.after)
        while driver.holding and "A" not in driver.retired:
            driver.run_one(InTurn(tuple(Release(call, "A") for call in driver.holding)))
        if driver.waiting:
            driver.finish()
        else:
            driver.run_one(InTurn((ASK,) * scenario.max_connections))
            driver.close()
        return course

    def _play_cancelled(self, number: int, at: Cancellation | None) -> int:
        """Play a scenario, and return how often the caller was suspended that was to be cancelled."""
        driver = self._new_driver()
        self._play(driver, cancelled_at(at or BEFORE_ANY)[number])
        return driver.suspensions if isinstance(driver, Tasks) else 0

    def _terms(self, scenario: Scenario) -> PoolConfig:
        takes_timeout = "timeout" in self._prepared.settings.takes
        return PoolConfig(
            scenario.max_connections, scenario.timeout_s if takes_timeout else None, takes_timeout
        )


def _extent(tried: int, places: str, to_the_end: bool) -> str:
    """Where something was tried, and whether that is everywhere."""
    if to_the_end:
        return f"all {tried} {places} small scenarios"
    return f"{tried} {places} small scenarios, the first {MOST_POINTS} of each"
