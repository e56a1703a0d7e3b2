"""How tests read a counterexample: the history is judged, and the steps are those that are printed."""

from collections.abc import Iterator, Sequence

from poolproof.conformance.counterexample import Counterexample, counterexample_of
from poolproof.conformance.report.steps import steps_of
from poolproof.spec import CLAUSES, Clause, History, Judgement, Level, Requirement
from poolproof.spec.model.events import Event
from poolproof.spec.model.numbering import numbered_anew


def found(clause: Clause, events: Sequence[Event]) -> Counterexample:
    """The counterexample of a history that breaks the clause."""
    history = History(numbered_anew(events))
    broken = [each for each in clause.judge(history) if each.broken is not None]
    return counterexample_of(clause, history.events, broken)


def laid_out(clause: str, events: Sequence[Event]) -> tuple[tuple[str, ...], str]:
    """The steps, and how they break the clause."""
    counterexample = found(CLAUSES[clause], events)
    return tuple(steps_of(counterexample)), counterexample.broken


def broken_at_the_end(level: Level) -> Clause:
    """A clause that the last event of any history breaks."""

    def judge(history: History) -> Iterator[Judgement]:
        yield Judgement(len(history.events) - 1, "it ended")

    return Clause("END-1", "x", Requirement.MUST, level, "It MUST.", "Why.", None, judge)
