"""The checker: hears the history of every program and remembers what it says about each clause.

Each clause is judged by itself, so that a broken one never hides another. Of the histories that
break a clause, the shortest is kept. While Hypothesis is looking for the shortest, only the clause
in question makes a program fail.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from time import monotonic

from poolproof.spec import CLAUSES, Clause, History
from poolproof.spec.model.events import Event

from .adapters.settings import PoolSettings
from .callers.factory import Driver, Drivers
from .programs.trace import Trace
from .server.monitor import Monitor
from .workloads.themes import Theme


class ClauseBroken(Exception):
    """A program broke the clause that the checker is after. Hypothesis makes it shorter."""


class LongEnough(BaseException):
    """The time for a run is over. Not an Exception, so that Hypothesis lets it pass."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A history that breaks a clause."""

    clause: str
    events: tuple[Event, ...]
    decided_by: int
    """The index of the event that decides."""
    broken: str
    """What happened instead of what the clause demands."""
    seed: int | None
    """The seed from which the program was drawn; None if it was not drawn."""
    trace: Trace | None = None
    """The program, if it can be run again."""


class Checker:
    """Judges histories. One checker sits for all programs of a check."""

    def __init__(
        self,
        drivers: Drivers,
        settings: PoolSettings,
        monitor: Monitor,
        judged: Sequence[str],
        on_step: Callable[[], None],
        limit_s: float,
    ) -> None:
        self.settings = settings
        self.observed: Counter[str] = Counter()
        """How often each clause had something to judge."""
        self.violations: dict[str, Violation] = {}
        """For each broken clause, the shortest history that breaks it so far."""
        self.programs = 0
        self.closed: set[str] = set()
        """Clauses whose violation is final."""
        self.sought: str | None = None
        """The clause for which a shorter history is being looked for."""
        self.fault: Exception | None = None
        """What kept a program from being run to its end, other than the pool's outcome."""
        self.cut_short = False
        """Whether a run ended before all of its programs had been drawn, for lack of time."""
        self.stopped = False
        """Whether the run was told that it has gone on for long enough."""
        self.drivers = drivers
        self._numbers = count(1)
        self._monitor = monitor
        self._judged: Mapping[str, Clause] = {name: CLAUSES[name] for name in judged}
        self._on_step = on_step
        self._seed: int | None = None
        self._shorten_s = 0.0
        self._give_up_s = 0.0
        self._end_s = monotonic() + limit_s

    @property
    def time_is_up(self) -> bool:
        """Whether the check has taken as long as it may."""
        return monotonic() > self._end_s

    @property
    def left_s(self) -> float:
        """How long the check may still take."""
        return max(0.0, self._end_s - monotonic())

    def has_time(self) -> bool:
        """Whether there is time for another program; if not, the check is cut short."""
        self.cut_short = self.cut_short or self.time_is_up
        return not self.time_is_up

    @property
    def is_done(self) -> bool:
        """Whether nothing can change any more: every clause that is judged has been broken."""
        return self.closed >= self._judged.keys()

    def is_after(self, clause: str) -> bool:
        """Whether the verdict on this clause is asked for, and still open."""
        return clause in self._judged and clause not in self.closed

    def new_driver(self, theme: Theme, *, look_twice: bool | None = None) -> Driver:
        """A driver for one program. If it is not said, it looks twice as long as that may tell more."""
        # A pool may still be opening connections when its program is over.
        client_name = f"{self.settings.client_name}-{next(self._numbers)}"
        return self.drivers.new(
            theme,
            replace(self.settings, client_name=client_name),
            self._monitor,
            look_twice="BND-1" not in self.closed if look_twice is None else look_twice,
        )

    def begin(self, seed: int, run_s: float, shorten_s: float) -> None:
        """Begin a run of programs drawn from `seed`, which may take `run_s` seconds."""
        self._seed = seed
        self._shorten_s = shorten_s
        self._give_up_s = monotonic() + run_s
        self.stopped = False
        self.sought = None

    def begin_program(self) -> None:
        """Let the run draw another program. Raises LongEnough when the time for it is over.

        A program that has begun is heard to its end, however long its calls take.
        """
        if monotonic() > min(self._give_up_s, self._end_s):
            self.stopped = True
            self.cut_short = self.cut_short or self.sought is None
            raise LongEnough

    def take_a_step(self) -> None:
        """Say that the run goes on."""
        self._on_step()

    def judge_program(self, driver: Driver, *, drawn: bool = True) -> None:
        """Judge what came of a program. Raises ClauseBroken if a drawn one breaks the clause in
        question.
        """
        self._judge(driver.events, driver.trace, drawn=drawn)

    def judge(self, events: Sequence[Event]) -> None:
        """Judge a history that was not drawn."""
        self._judge(events, None, drawn=False)

    def _judge(self, events: Sequence[Event], trace: Trace | None, *, drawn: bool) -> None:
        self.programs += 1
        history = History(tuple(events))
        broken = [violation for name in self._judged if (violation := self._hear(name, history))]
        for violation in broken:
            known = self.violations.get(violation.clause)
            if violation.clause in self.closed:
                continue
            if known is None or violation.decided_by < known.decided_by:
                self.violations[violation.clause] = replace(violation, trace=trace)
        if not drawn:
            self.closed.update(violation.clause for violation in broken)
            return
        for violation in broken:
            if violation.clause in self.closed or self.sought not in (None, violation.clause):
                continue
            if self.sought is None:
                self.sought = violation.clause
                self._give_up_s = monotonic() + self._shorten_s
            raise ClauseBroken(violation.clause)

    def would_convict(self, events: Sequence[Event]) -> bool:
        """Whether a history breaks a clause whose violation is not final."""
        history = History(tuple(events))
        return any(
            judgement.broken is not None
            for name, clause in self._judged.items()
            if name not in self.closed
            for judgement in clause.judge(history)
        )

    def convicts(self, clause: str, driver: Driver) -> Violation | None:
        """How a program breaks a clause, if it does, whatever has been found of it before."""
        history = History(tuple(driver.events))
        for judgement in self._judged[clause].judge(history):
            if judgement.broken is not None:
                broken = judgement.broken
                return Violation(
                    clause, history.events, judgement.event, broken, None, driver.trace
                )
        return None

    def _hear(self, name: str, history: History) -> Violation | None:
        first: Violation | None = None
        for judgement in self._judged[name].judge(history):
            self.observed[name] += 1
            if judgement.broken is not None and first is None:
                first = Violation(
                    name, history.events, judgement.event, judgement.broken, self._seed
                )
        return first
