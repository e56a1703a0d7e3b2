"""The exhaustive search: every course that a scenario can take, up to a bound that it tells.

For threads that is every schedule with at most so many pre-emptions, and every point at which a call
can be interrupted by a release in the same thread; for asyncio every suspension at which a caller can
be cancelled, and both ways of doing so. Found first, such a story is the shortest there is.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import permutations
from time import monotonic

from poolproof.spec.model.conditions import CANCELLATIONS, Condition

from ..adapters.probe import Prepared
from ..callers.driver import Driver
from ..callers.playing import run_possible
from ..engines.asyncio import TooManySuspensions, sweep
from ..engines.asyncio.tasks import Tasks
from ..engines.threads import Course, NotRepeatable, each_schedule
from ..engines.threads.scheduled_threads import ScheduledThreads
from ..programs.operations import InTurn, Release
from ..programs.schedule import Cancellation, Schedule
from ..programs.setup import DIRECT, Setup
from ..server.fake import ImaginedServer, stand_in_for
from ..workloads.cancelling import INTERRUPTED_CALLERS, cancelled_at
from ..workloads.context import CheckContext
from ..workloads.crowd import MEETINGS
from ..workloads.inside import released_inside
from ..workloads.scenario import ASK, Scenario, meet, play
from ..workloads.workload import Workload
from .budget import Depth

MOST_POINTS = 200
"""At how many points of a call something is tried at most."""

BEFORE_ANY = Cancellation(0, late=False)
"""Before the first suspension: a release is made by who is being cancelled already, while an acquire
is left in peace."""


AT_POINTS = CANCELLATIONS | {Condition.RELEASED_INSIDE}
"""What occurs where callers are interrupted at a point of a call."""


class _Enough(Exception):
    """The time for the search is over, or there is nothing left to find."""


def search(
    context: CheckContext, prepared: Prepared, workloads: Sequence[Workload], depth: Depth
) -> tuple[str, ...]:
    """Try the scenarios of these workloads, and all courses of callers who meet, and let the checker
    judge each. Returns what is to be told of the search.

    Raises what kept a scenario from being run, such as CannotHost.
    """
    searching = _Search(context, prepared, depth)
    searching.scenarios(workloads)
    learn = context.checker.may_learn_from
    of_meetings, of_cancellations, of_points = (
        learn(frozenset()),
        learn(CANCELLATIONS),
        learn(AT_POINTS),
    )
    if context.drivers.asyncio:
        orders = searching.orders() if of_meetings else ()
        return (*orders, *(searching.suspensions() if of_cancellations else ()))
    if of_meetings:
        searching.schedules(range(1))
    told = searching.points() if of_points else ()
    if not of_meetings:
        return told
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
            for scenario in INTERRUPTED_CALLERS:
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

    def scenarios(self, workloads: Sequence[Workload]) -> None:
        """The scenarios of each workload, as far as they suit the pool."""
        for workload in workloads:
            self._begin()
            with suppress(_Enough):
                for scenario in filter(self._suits, workload.scenarios):
                    self._play(self._new_driver(workload.setup), scenario)

    def _suits(self, scenario: Scenario) -> bool:
        can_fail = self._context.drivers.connections_can_fail
        is_offered = scenario.needs <= self._prepared.offers
        return is_offered and (can_fail or not scenario.fails_connections)

    def _begin(self) -> None:
        """Each kind of search may take as long as the depth says."""
        self._end_s = monotonic() + self._depth.limit_s

    def _run_schedule(self, scenario: Scenario, schedule: Schedule) -> Course:
        """Run it with stand-ins; what breaks a clause then is run again on the real server."""
        if self._stand_in is None:
            return self._play(self._new_driver(), scenario, schedule)
        driver = self._new_imagined_driver(self._stand_in)
        course = self._play_briefly(driver, scenario, schedule)
        told = repr(driver.events)
        if told not in self._heard:
            self._heard.add(told)
            if self._context.checker.breaks_an_open_clause(driver.events):
                return self._play(self._new_driver(), scenario, schedule)
        return course

    def _see_that_there_is_time(self) -> None:
        self._context.on_step()
        if monotonic() > self._end_s or self._context.checker.is_done or self._context.time.is_up:
            raise _Enough

    def _new_driver(self, setup: Setup = DIRECT) -> Driver:
        self._see_that_there_is_time()
        return self._context.new_driver(setup)

    def _new_imagined_driver(self, stand_in: type) -> Driver:
        self._see_that_there_is_time()
        self._imagined.begin_anew()
        settings = self._prepared.settings
        extra = {**settings.extra, "connection_class": stand_in}
        settings = replace(settings, extra=extra)
        return self._context.drivers.new(DIRECT, settings, self._imagined, look_twice=False)

    def _play(
        self,
        driver: Driver,
        scenario: Scenario,
        schedule: Schedule = Schedule(),  # noqa: B008 - it is frozen
    ) -> Course:
        """Play a scenario to its end, and let the checker judge. Returns the course that it took."""
        course = play(driver, scenario, schedule, takes_timeout=self._takes_timeout)
        self._context.checker.judge(driver.events, driver.trace)
        return course

    def _play_briefly(self, driver: Driver, scenario: Scenario, schedule: Schedule) -> Course:
        """Play a scenario with as few threads as will show whether a clause may be broken."""
        driver.run_one(scenario.build("A", takes_timeout=self._takes_timeout))
        driver.run_one(InTurn(scenario.before))
        run_possible(driver, scenario.waits)
        course = meet(driver, scenario, schedule)
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

    @property
    def _takes_timeout(self) -> bool:
        return "timeout" in self._prepared.settings.takes


def _extent(tried: int, places: str, to_the_end: bool) -> str:
    """Where something was tried, and whether that is everywhere."""
    if to_the_end:
        return f"all {tried} {places} small scenarios"
    return f"{tried} {places} small scenarios, the first {MOST_POINTS} of each"
