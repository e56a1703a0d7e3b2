"""What a clause is: one normative sentence, bound to the function that decides it.

A clause is written as a function whose docstring opens with the sentence and goes on with the
intent, the harm that the sentence prevents. The function reads a `History` and yields a `Judgement`
wherever the history decides the clause; where it decides nothing it yields nothing. It is pure: it
has no clock, does no I/O and keeps no state, so the same history always gets the same answer.
"""

import inspect
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from .capabilities import Capability
from .model.conditions import ALL, Condition, Conditions
from .model.history import History
from .model.judgement import Judgement
from .model.occurrences import Occurrence


class Requirement(StrEnum):
    """How binding a clause is, in the words of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Level(StrEnum):
    """What a pool can claim to uphold as a whole. What each is about is said in README.md."""

    CORE = "core"
    CONCURRENT = "concurrent"
    RESILIENT = "resilient"
    OBSERVABLE = "observable"


MUST, SHOULD = Requirement.MUST, Requirement.SHOULD
CORE, CONCURRENT = Level.CORE, Level.CONCURRENT
RESILIENT, OBSERVABLE = Level.RESILIENT, Level.OBSERVABLE


Judge = Callable[[History], Iterator[Judgement]]


@dataclass(frozen=True, slots=True)
class Clause:
    """One normative sentence of the specification and the function that decides it."""

    id: str
    """Chapter and number, such as ``ORD-1``. An id is never reused."""

    name: str
    """The claim in a few words: the name of the function."""

    requirement: Requirement
    level: Level
    sentence: str
    intent: str
    needs: Capability | None
    judge: Judge
    judged_with: frozenset[Condition] = frozenset(ALL)
    """What may have happened to a pool that it judges. From anything else on it is silent."""
    speaks_of: frozenset[Occurrence] = frozenset()
    """A history without any of these decides nothing; empty if any history may."""
    file: str = ""
    """Where it is written, in ``clauses/``."""

    def can_be_decided_by(self, occurrences: AbstractSet[Occurrence]) -> bool:
        """Whether a history in which these may occur, besides what callers do every day, may decide
        the clause.
        """
        return not self.speaks_of or not self.speaks_of.isdisjoint(occurrences)


def clause(
    id: str,  # noqa: A002 - the glossary's word
    requirement: Requirement,
    level: Level,
    needs: Capability | None = None,
    judged_with: Conditions = ALL,
    speaks_of: AbstractSet[Occurrence] = frozenset(),
) -> Callable[[Judge], Clause]:
    """Bind a judging function to the sentence that opens its docstring.

    The function is given a history in which something occurs that the clause `speaks_of`, as far as
    it is `judged_with` these conditions only.
    Raises TypeError if the docstring lacks the sentence, the intent, or the sentence lacks the
    capitalised word of its `requirement`: a clause nobody can read is a mistake of ours.
    """

    def bind(judge: Judge) -> Clause:
        name = getattr(judge, "__name__", "")
        sentence, _, intent = inspect.cleandoc(judge.__doc__ or "").partition("\n\n")
        if requirement.value not in sentence or not intent:
            raise TypeError(
                f"clause {id}: the docstring of {name} needs a sentence with the word "
                f"{requirement.value}, an empty line, and the intent"
            )

        def judge_what_is_judged(history: History) -> Iterator[Judgement]:
            if speaks_of and speaks_of.isdisjoint(history.occurrences):
                return iter(())
            return judge(history.judged_with(judged_with))

        return Clause(
            id=id,
            name=name.replace("_", " "),
            requirement=requirement,
            level=level,
            sentence=_one_line(sentence),
            intent=_one_line(intent),
            needs=needs,
            judged_with=frozenset(judged_with),
            speaks_of=frozenset(speaks_of),
            file=getattr(judge, "__module__", "").rpartition(".")[2] + ".py",
            judge=judge_what_is_judged,
        )

    return bind


def _one_line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())
