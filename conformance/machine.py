"""The state machine from which Hypothesis draws programs.

One rule per operation. A rule draws what to do and hands it to the driver, which runs it until
nothing moves; when the program is over, the history goes to the court. There is no clause here: a
rule asks nothing of the pool, and any outcome of an operation is a history like any other.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from .court import Court, LongEnough
from .drivers import Driver
from .loop import Cancellation
from .program import (
    Acquire,
    AwaitReply,
    Build,
    Burst,
    Cancel,
    Cancelled,
    Drop,
    Elapse,
    HoldConnects,
    Inside,
    LetConnect,
    Limited,
    Operation,
    Release,
    ReleaseUnanswered,
    RunBlock,
    Use,
)
from .scheduler import Schedule
from .themes import (
    CANCELLING,
    CROWD_S,
    CROWDED,
    SILENCE_S,
    SURPLUS_CALLERS,
    THEMES_OF_SOCKET_TIMEOUT,
    Theme,
    terms_of,
)

POOLS = st.sampled_from(("A", "A", "A", "B"))
"""Two pools are alive in every program. Most happens in the first."""

ANY = st.integers(min_value=0, max_value=3)
"""Which of several: counted round, so that it always means one of them."""

EXITS: tuple[type[BaseException] | None, ...] = (None, ValueError, KeyboardInterrupt, GeneratorExit)
"""The ways out of a ``with`` block: its end, an exception, and two that are no Exception."""


MOST_WAITING = 3
"""How many callers of a crowd may wait at once."""

GAPS = st.integers(min_value=0, max_value=7).flatmap(lambda power: st.integers(0, 2**power))
"""How long a thread goes on before it is pre-empted: short and long ones alike."""

SCHEDULES = st.builds(
    Schedule,
    picks=st.lists(st.integers(min_value=0, max_value=3), max_size=6).map(tuple),
    preemptions=st.lists(GAPS, max_size=2).map(tuple),
)
"""The shortest is: everybody in turn, each until it has to wait."""

CROWD = st.lists(st.sampled_from((Acquire, Release, Elapse, Acquire)), min_size=1, max_size=3)


class PoolMachine(RuleBasedStateMachine):
    """Callers of two pools that do what callers do, rightly and wrongly."""

    def __init__(self, court: Court, theme: Theme) -> None:
        super().__init__()
        self._court = court
        self._theme = theme
        self._driver: Driver | None = None
        self._surplus_callers = SURPLUS_CALLERS.get(theme, 0)
        self._broken_off = False
        self._connects_held = False

    @initialize(
        max_connections=st.integers(min_value=1, max_value=4),
        first=st.booleans(),
    )
    def build(self, max_connections: int, first: bool) -> None:
        """Build the two pools on the terms that the program's theme calls for.

        A pool that is to be misused may `first` show that it keeps its bound and uses connections
        again, so that what it does afterwards can be told from what it does anyway.
        """
        self._court.begin_program()
        # Hypothesis makes every program see the same numbers; a pool that uses chance shall not.
        random.seed(self._court.programs)
        self._driver = self._court.new_driver(self._theme)
        terms = terms_of(
            self._theme, max_connections, takes_timeout="timeout" in self._court.settings.takes
        )
        for pool in ("A", "B"):
            self._run(Build(pool, terms))
        if first and self._theme in (Theme.SECOND_RELEASE, Theme.FOREIGN_RELEASE):
            self.exhaust("A")
            self.acquire("A")
            self.release(0)
            self.acquire("A")
        if self._theme in CANCELLING or self._theme is Theme.INSIDE:
            self._show_that_waiters_are_served()
        connects = self._theme is Theme.CANCEL_CONNECTING
        if self._theme is Theme.TURNS or (self._theme in CROWDED and first and not connects):
            self.exhaust("A")
            self._release_all("A")

    @rule(pool=POOLS)
    def acquire(self, pool: str) -> None:
        """Ask for a connection, also when there is none."""
        if not self._open_to_callers(pool):
            return
        if self._driving.free(pool) <= 0:
            if self._surplus_callers == 0:
                return
            self._surplus_callers -= 1
        self._run(Acquire(pool))

    @rule(pool=POOLS)
    def exhaust(self, pool: str) -> None:
        """Ask for all connections that are left."""
        for _ in range(self._driving.free(pool)):
            self.acquire(pool)

    @precondition(lambda self: self._held())
    @rule(which=ANY)
    def release(self, which: int) -> None:
        """Give a connection back."""
        if not self._held():
            return
        acquire = _pick(self._held(), which)
        self._run(Release(acquire, self._driving.holding[acquire].pool))

    @precondition(lambda self: len(self._held()) > 1)
    @rule(pool=POOLS)
    def release_all(self, pool: str) -> None:
        """Give back all connections of a pool."""
        self._release_all(pool)

    @precondition(lambda self: self._theme is Theme.TURNS)
    @rule(pairs=st.integers(min_value=2, max_value=5))
    def take_turns(self, pairs: int) -> None:
        """Acquire and release several times in a row, as callers with one command each do."""
        for _ in range(pairs):
            before = set(self._driving.holding)
            if self._driving.free("A") > 0:
                self.acquire("A")
            for acquire in set(self._driving.holding) - before:
                self._run(Release(acquire, "A"))

    @precondition(lambda self: self._theme in (Theme.QUEUE, Theme.DROP) and self._held())
    @rule(which=ANY)
    def use(self, which: int) -> None:
        """Send a command."""
        self._run(Use(_pick(self._held(), which)))

    @precondition(lambda self: self._theme is Theme.DROP and self._held())
    @rule(which=ANY)
    def drop(self, which: int) -> None:
        """Close a connection that is in use, and give it back as a client does."""
        acquire = _pick(self._held(), which)
        pool = self._driving.holding[acquire].pool
        self._run(Drop(acquire))
        self._run(Release(acquire, pool))

    @precondition(lambda self: self._theme is Theme.SECOND_RELEASE and self._held())
    @rule(which=ANY)
    def release_twice(self, which: int) -> None:
        """Release a connection twice in a row, as an error path and a ``finally`` do together."""
        if not self._held():
            return
        acquire = _pick(self._held(), which)
        pool = self._driving.holding[acquire].pool
        self._run(Release(acquire, pool))
        if acquire in self._released_and_idle():
            self._run(Release(acquire, pool))

    @precondition(lambda self: self._theme is Theme.SECOND_RELEASE and self._released_and_idle())
    @rule(which=ANY)
    def release_again(self, which: int) -> None:
        """Release a connection that has been released and that nobody holds."""
        acquire = _pick(self._released_and_idle(), which)
        self._run(Release(acquire, self._driving.released[acquire].pool))

    @precondition(lambda self: self._theme is Theme.FOREIGN_RELEASE)
    @rule(which=ANY)
    def release_to_another_pool(self, which: int) -> None:
        """Release a connection of one pool to the other."""
        if not self._held("B"):
            self.acquire("B")
        if self._held("B"):
            self._run(Release(_pick(self._held("B"), which), "A"))

    @precondition(lambda self: self._theme is Theme.BLOCK)
    @rule(pool=POOLS, leave_by=st.sampled_from(EXITS))
    def run_block(self, pool: str, leave_by: type[BaseException] | None) -> None:
        """Hold the last free connection for the length of a block."""
        while self._driving.free(pool) > 1:
            held = len(self._held(pool))
            self.acquire(pool)
            if len(self._held(pool)) == held:
                return
        if self._driving.free(pool) > 0 and self._open_to_callers(pool):
            self._run(RunBlock(pool, leave_by))

    @precondition(lambda self: self._theme in CROWDED)
    @rule(kinds=CROWD, which=ANY, schedule=SCHEDULES)
    def burst(
        self, kinds: list[type[Acquire | Release | Elapse]], which: int, schedule: Schedule
    ) -> None:
        """Several callers at once: some come, some release, and for some the time is up."""
        if "A" in self._driving.retired:
            return
        held, waiting = self._held("A"), self._waiting()
        operations: list[Operation] = []
        for kind in kinds:
            if kind is Acquire and waiting < MOST_WAITING and self._may_wait():
                operations.append(Acquire("A"))
                waiting += 1
            elif kind is Release and held:
                operations.append(Release(held.pop(which % len(held)), "A"))
            elif kind is Elapse and self._may_elapse() and Elapse() not in operations:
                operations.append(Elapse())
        if operations:
            self._run(*operations, schedule=schedule)

    @precondition(lambda self: self._theme in CANCELLING)
    @rule(which=ANY, suspension=st.integers(min_value=1, max_value=12), late=st.booleans())
    def cancel(self, which: int, suspension: int, late: bool) -> None:
        """Cancel a caller at the point that the theme is about."""
        if "A" in self._driving.retired:
            return
        at = Cancellation(suspension, late)
        match self._theme:
            case Theme.CANCEL_WAITING:
                self._cancel_a_waiter(which)
            case Theme.CANCEL_SERVED:
                self._cancel_a_waiter_when_served(which, at)
            case Theme.CANCEL_CONNECTING:
                self._cancel_a_connect(at)
            case _:
                self._cancel_a_release(which, at)

    @precondition(lambda self: self._theme is Theme.SLOW_CONNECTS)
    @rule()
    def hold_connects(self) -> None:
        """Have the server keep everybody waiting who connects."""
        self._connects_held = True
        self._run(HoldConnects())

    @precondition(lambda self: self._theme is Theme.SLOW_CONNECTS)
    @rule()
    def let_connect(self) -> None:
        """Have the server admit everybody again."""
        self._connects_held = False
        self._run(LetConnect())

    @precondition(lambda self: self._theme is Theme.INSIDE and self._held("A"))
    @rule(which=ANY, point=st.integers(min_value=1, max_value=24), acquiring=st.booleans())
    def release_inside(self, which: int, point: int, acquiring: bool) -> None:
        """Release in the middle of another call."""
        held = self._held("A")
        if not held:
            return
        release = Release(held.pop(which % len(held)), "A")
        if acquiring and self._waiting() < MOST_WAITING:
            self._run(Inside(Acquire("A"), point, release))
        elif held:
            self._run(Inside(Release(held[0], "A"), point, release))

    @precondition(lambda self: self._theme is Theme.UNANSWERED)
    @rule(pool=POOLS, which=ANY)
    def release_unanswered(self, pool: str, which: int) -> None:
        """Release a connection on which a reply is outstanding."""
        if not self._held(pool):
            self.acquire(pool)
        if self._held(pool) and pool not in self._driving.waiting.values():
            self._run(ReleaseUnanswered(_pick(self._held(pool), which)))

    @precondition(lambda self: self._theme in THEMES_OF_SOCKET_TIMEOUT)
    @rule(pool=POOLS, which=ANY)
    def await_reply(self, pool: str, which: int) -> None:
        """Wait for a server that takes its time."""
        if not self._held(pool):
            self.acquire(pool)
        if self._held(pool):
            self._run(AwaitReply(_pick(self._held(pool), which), SILENCE_S))

    def teardown(self) -> None:
        """Give everything back, see that all of it can be used again, and let the court judge."""
        if self._driver is None:
            return
        if self._broken_off:
            return
        with self._faults_are_remembered():
            self._come_to_the_point()
            self._driver.finish()
        self._court.judge(self._driver.events)

    def _come_to_the_point(self) -> None:
        """Do at last what the theme is about, lest a program never gets there."""
        match self._theme:
            case Theme.BLOCK:
                self.run_block("A", KeyboardInterrupt)
                self.exhaust("A")
            case Theme.SECOND_RELEASE:
                self.exhaust("A")
                self.release_twice(0)
            case Theme.FOREIGN_RELEASE:
                self.exhaust("A")
                self.release_to_another_pool(0)
            case Theme.WAIT_IN_VAIN:
                self.exhaust("A")
                self._pass_one_on()
                self._surplus_callers = 1
                self.acquire("A")
                self._pass_one_on()
            case Theme.CROWD:
                self._a_newcomer_meets_a_waiter()
            case cancelling if cancelling in CANCELLING:
                self._a_caller_is_cancelled()
            case Theme.SLOW_CONNECTS:
                self._somebody_is_kept_waiting()
            case Theme.INSIDE:
                self.exhaust("A")
                for point in (1, 2, 3, 5, 8):
                    self.release_inside(0, point, True)
                    self.exhaust("A")
            case Theme.UNANSWERED:
                self.release_unanswered("A", 0)
            case Theme.SHORT_SOCKET_TIMEOUT | Theme.LONG_SOCKET_TIMEOUT:
                self.exhaust("A")
                self.acquire("A")
                self.await_reply("A", 0)
            case _:
                pass

    def _show_that_waiters_are_served(self) -> None:
        """In the other pool: so that what goes wrong later can be told from what goes wrong anyway."""
        self.exhaust("B")
        if self._held("B") and self._may_wait("B"):
            self._run(Acquire("B"))
            self._run(Release(self._held("B")[0], "B"))
        self._release_all("B")

    def _a_newcomer_meets_a_waiter(self) -> None:
        self._everybody_is_served()
        self.exhaust("A")
        self.burst([Acquire], 0, Schedule())
        self.burst([Release, Acquire], 0, Schedule(picks=(1, 1)))
        self.burst([Release, Elapse], 0, Schedule())

    def _a_caller_is_cancelled(self) -> None:
        self._everybody_is_served()
        if self._theme in (Theme.CANCEL_WAITING, Theme.CANCEL_SERVED):
            self.exhaust("A")
            self.burst([Acquire, Acquire], 0, Schedule())
        elif self._theme is Theme.CANCEL_RELEASING:
            self.exhaust("A")
            self.cancel(0, 3, False)
        self.cancel(0, 1, False)

    def _somebody_is_kept_waiting(self) -> None:
        self.let_connect()
        self._everybody_is_served()
        self.acquire("A")
        self.hold_connects()
        self.burst([Acquire], 0, Schedule())
        self.burst([Release], 0, Schedule())
        self.burst([Acquire], 0, Schedule())
        self.let_connect()

    def _cancel_a_waiter(self, which: int) -> None:
        if self._driving.waiting:
            self._run(Cancel(_pick([*self._driving.waiting], which)))

    def _cancel_a_waiter_when_served(self, which: int, at: Cancellation) -> None:
        """Together with a release; or it will be, when it is served."""
        waiting, held = [*self._driving.waiting], self._held("A")
        if waiting and held and not at.late:
            self._run(Release(_pick(held, which), "A"), Cancel(waiting[0]))
        elif self._driving.free("A") <= 0 and len(waiting) < MOST_WAITING and self._may_wait():
            self._run(Cancelled(Acquire("A"), Cancellation(at.at_suspension, late=True)))

    def _cancel_a_connect(self, at: Cancellation) -> None:
        """While the server keeps it waiting, or at any suspension of it, or after some time."""
        if self._driving.free("A") <= 0 or self._driving.waiting:
            return
        if self._asyncio and at.at_suspension > 2:
            self._run(Cancelled(Acquire("A"), Cancellation(at.at_suspension - 2, at.late)))
            return
        self._run(HoldConnects())
        if self._asyncio and at.at_suspension == 2:
            by: Literal["wait_for", "timeout"] = "wait_for" if at.late else "timeout"
            self._run(Limited(Acquire("A"), by, CROWD_S / 2))
            self._run(Elapse())
        else:
            self._run(Acquire("A"))
            for call in [*self._driving.waiting]:
                self._run(Cancel(call))
        self._run(LetConnect())

    def _cancel_a_release(self, which: int, at: Cancellation) -> None:
        """Half of the releases are made by callers that are being cancelled already."""
        if self._held("A"):
            release = Release(_pick(self._held("A"), which), "A")
            now = at.at_suspension <= 2
            self._run(Cancelled(release, Cancellation(0, late=False) if now else at))

    def _everybody_is_served(self) -> None:
        """Release until nobody waits any more."""
        while self._driving.waiting and self._held("A"):
            self._run(Release(self._held("A")[0], "A"))

    def _pass_one_on(self) -> None:
        """Release one connection, and let the next caller ask for it."""
        for acquire in self._held("A")[:1]:
            self._run(Release(acquire, "A"))
        self.acquire("A")

    def _release_all(self, pool: str) -> None:
        for acquire in self._held(pool):
            self._run(Release(acquire, pool))

    @property
    def _driving(self) -> Driver:
        if self._driver is None:
            raise AssertionError("a rule ran before the pools were built")
        return self._driver

    def _run(self, *operations: Operation, schedule: Schedule = Schedule()) -> None:  # noqa: B008 - it is frozen
        self._court.take_a_step()
        with self._faults_are_remembered():
            self._driving.run(Burst(operations, schedule))

    @property
    def _asyncio(self) -> bool:
        return self._court.drivers.asyncio

    def _waiting(self) -> int:
        return len(self._driving.waiting)

    def _may_elapse(self) -> bool:
        """Whether time may pass: not when a connect would fail, nor where others give up."""
        return self._theme is Theme.CROWD

    def _may_wait(self, pool: str = "A") -> bool:
        """Whether another caller would wait, or the pool is one that turns callers away."""
        return self._driving.free(pool) > 0 or "timeout" in self._court.settings.takes

    @contextmanager
    def _faults_are_remembered(self) -> Iterator[None]:
        """Hypothesis would take the fault for something that the program does, and play with it."""
        try:
            yield
        except Exception as fault:
            self._broken_off = True
            self._court.fault = fault
            raise LongEnough from fault

    def _open_to_callers(self, pool: str) -> bool:
        """Whether another caller may come: one who waits at a time, until fairness is judged."""
        return pool not in self._driving.retired and pool not in self._driving.waiting.values()

    def _held(self, pool: str | None = None) -> list[int]:
        """The acquires whose connections are in use, in pools with which the program goes on."""
        if self._driver is None:
            return []
        return [
            call
            for call, held in self._driver.holding.items()
            if held.pool not in self._driver.retired and pool in (None, held.pool)
        ]

    def _released_and_idle(self) -> list[int]:
        """The acquires whose connections have been released and not been handed out again."""
        if self._driver is None:
            return []
        in_use = {held.number for held in self._driver.holding.values()}
        # The same object may have another socket by now.
        objects = {id(held.connection) for held in self._driver.holding.values()}
        return [
            call
            for call, held in self._driver.released.items()
            if held.number not in in_use
            and id(held.connection) not in objects
            and held.pool not in self._driver.retired
            and held.pool not in self._driver.waiting.values()
        ]


def _pick(several: list[int], which: int) -> int:
    return several[which % len(several)]
