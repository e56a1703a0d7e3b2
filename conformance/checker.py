"""The checker: histories in, violations and observed counts out.

Each clause is judged by itself, so that a broken one never hides another. Of the histories that
break a clause, the shortest is kept until the clause is closed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from poolproof.spec import CLAUSES, Clause, History, Judgement
from poolproof.spec.model.events import Event
from poolproof.spec.model.numbering import numbered_anew
from poolproof.spec.model.occurrences import Occurrence

from .counterexample import Counterexample, counterexample_of
from .programs.trace import Trace


@dataclass(frozen=True, slots=True)
class Violation:
    """A history that breaks a clause."""

    clause: str
    events: tuple[Event, ...]
    """Its connections are numbered anew, so that what is said of it can be read."""
    broken: tuple[Judgement, ...]
    """How it breaks the clause; the first is the one that decides."""
    trace: Trace | None = None
    """The program, if it can be run again."""
    seed: int | None = None
    """The seed from which the program was drawn; None if it was not drawn."""

    @property
    def decided_by(self) -> int:
        """The index of the event that decides."""
        return self.broken[0].event

    @property
    def counterexample(self) -> Counterexample:
        """What happened, as data for readers."""
        return counterexample_of(CLAUSES[self.clause], self.events, self.broken, self.seed)


class Checker:
    """Judges the histories of all programs of a check."""

    def __init__(self, judged: Sequence[str]) -> None:
        self._judged: Mapping[str, Clause] = {name: CLAUSES[name] for name in judged}
        self._observed: Counter[str] = Counter()
        self._violations: dict[str, Violation] = {}
        self._closed: set[str] = set()
        self._programs = 0

    @property
    def observed(self) -> Mapping[str, int]:
        """How often each clause had something to judge."""
        return self._observed

    @property
    def violations(self) -> Mapping[str, Violation]:
        """For each broken clause, the shortest history that breaks it so far."""
        return self._violations

    @property
    def programs(self) -> int:
        """How many histories have been judged."""
        return self._programs

    @property
    def is_done(self) -> bool:
        """Whether nothing can change any more: every clause that is judged is closed."""
        return self._closed >= self._judged.keys()

    def is_open(self, clause: str) -> bool:
        """Whether the verdict on this clause is asked for, and not yet final."""
        return clause in self._judged and clause not in self._closed

    def is_closed(self, clause: str) -> bool:
        """Whether the verdict on this clause is final."""
        return clause in self._closed

    def may_learn_from(self, occurrences: AbstractSet[Occurrence]) -> bool:
        """Whether a program in which these may occur can decide a clause that is asked for."""
        return any(clause.can_be_decided_by(occurrences) for clause in self._judged.values())

    def close(self, clause: str) -> None:
        """Take the violation of this clause for final."""
        self._closed.add(clause)

    def judge(
        self,
        events: Sequence[Event],
        trace: Trace | None = None,
        seed: int | None = None,
        *,
        is_final: bool = True,
    ) -> Sequence[Violation]:
        """Judge a history. Returns the violations of the clauses that were open.

        If it `is_final`, nobody will look for a shorter history, and the broken clauses are closed.
        """
        self._programs += 1
        history = History(numbered_anew(events))
        broken = []
        for name, clause in self._judged.items():
            judgements = list(clause.judge(history))
            self._observed.update(name for _ in judgements)
            violation = _violation(name, history, judgements)
            if violation is not None and self.is_open(name):
                broken.append(replace(violation, trace=trace, seed=seed))
        for violation in broken:
            known = self._violations.get(violation.clause)
            if known is None or violation.decided_by < known.decided_by:
                self.keep(violation)
            if is_final:
                self.close(violation.clause)
        return broken

    def breaks_an_open_clause(self, events: Sequence[Event]) -> bool:
        """Whether a history breaks a clause that is open. Nothing is counted or kept."""
        history = History(tuple(events))
        return any(self._breaks(name, history) for name in self._judged if self.is_open(name))

    def violation_of(self, name: str, events: Sequence[Event]) -> Violation | None:
        """How a history breaks this clause, if it does. Nothing is counted or kept."""
        return self._breaks(name, History(numbered_anew(events)))

    def keep(self, violation: Violation) -> None:
        """Keep this violation instead of the one that is known of its clause."""
        self._violations[violation.clause] = violation

    def _breaks(self, name: str, history: History) -> Violation | None:
        return _violation(name, history, self._judged[name].judge(history))


def _violation(name: str, history: History, judgements: Iterable[Judgement]) -> Violation | None:
    broken = tuple(judgement for judgement in judgements if judgement.broken is not None)
    return Violation(name, history.events, broken) if broken else None
