"""Results: from what was found out to a verdict on each clause, on the pool, and an exit status.

Pure: everything that is decided about a check after it has run is decided here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from poolproof.spec import CLAUSES, Clause, Requirement

from ..counterexample import Counterexample
from .outcome import Findings, Outcome
from .verdict import Verdict


class Status(IntEnum):
    """The exit status of a check."""

    UPHELD = 0
    """Every required clause passes or is a known deviation."""
    BROKEN = 1
    """A MUST is broken."""
    BAD_INPUT = 2
    """The command line is wrong, or the target cannot be loaded or built."""
    UNKNOWN = 3
    """Nothing is broken, but a required clause could not be judged."""
    KIT_FAILED = 4
    """The kit failed."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found out about one clause."""

    clause: Clause
    verdict: Verdict
    observed: int
    """How often the clause had something to judge."""
    reason: str
    """Why the verdict is what it is; empty for PASS."""
    counterexample: Counterexample | None
    reproduce: str = ""
    """The command that shows the counterexample again."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out about a pool."""

    target: str
    results: tuple[Result, ...]
    environment: Mapping[str, str]
    programs: int
    notes: tuple[str, ...]

    @property
    def status(self) -> Status:
        """The exit status."""
        if any(result.verdict is Verdict.ERROR for result in self.results):
            return Status.KIT_FAILED
        verdicts = [result.verdict for result in self._required]
        if Verdict.FAIL in verdicts:
            return Status.BROKEN
        if Verdict.UNOBSERVED in verdicts or not self._judged:
            return Status.UNKNOWN
        return Status.UPHELD

    @property
    def verdict(self) -> Verdict:
        """The verdict on the pool, in the word for a clause."""
        if self.status is Status.UPHELD:
            known = any(result.verdict is Verdict.KNOWN for result in self.results)
            return Verdict.KNOWN if known else Verdict.PASS
        return {
            Status.KIT_FAILED: Verdict.ERROR,
            Status.BROKEN: Verdict.FAIL,
            Status.UNKNOWN: Verdict.UNOBSERVED,
        }[self.status]

    @property
    def _required(self) -> list[Result]:
        return [each for each in self.results if each.clause.requirement is Requirement.MUST]

    @property
    def _judged(self) -> bool:
        unjudged = (Verdict.SKIPPED, Verdict.UNOBSERVED, Verdict.ERROR)
        return any(result.verdict not in unjudged for result in self.results)


def conclude(
    target: str,
    clauses: Sequence[str],
    outcome: Outcome,
    known: Mapping[str, str],
    environment: Mapping[str, str],
    reproduce: Mapping[str, str],
) -> Report:
    """Draw the conclusions from an outcome. `reproduce` has a command for each clause."""
    results = tuple(
        _result(CLAUSES[name], outcome, known.get(name), reproduce[name]) for name in clauses
    )
    findings = outcome.findings
    notes = [
        f"{result.clause.id} is listed as a known deviation, but it passes: remove it from the list"
        for result in results
        if result.clause.id in known and result.verdict is Verdict.PASS
    ]
    if findings is not None:
        notes += findings.notes
    if findings is not None and findings.cut_short:
        notes.append("not all programs were run: they take longer than this budget gives them")
    if outcome.died:
        notes.append(outcome.died)
    return Report(
        target=target,
        results=results,
        environment={**environment, **(findings.environment if findings else {})},
        programs=findings.programs if findings else outcome.last.programs,
        notes=tuple(notes),
    )


def _result(clause: Clause, outcome: Outcome, known: str | None, reproduce: str) -> Result:
    findings = outcome.findings
    observed = findings.observed.get(clause.id, 0) if findings else 0
    shown = outcome.counterexamples.get(clause.id)
    if shown is not None:
        verdict = Verdict.FAIL if known is None else Verdict.KNOWN
        again = reproduce if shown.seed is None else f"{reproduce} --seed {shown.seed}"
        return Result(clause, verdict, max(observed, 1), known or shown.broken, shown, again)
    verdict, reason = Verdict.PASS, ""
    if outcome.failed is not None:
        who = "the adapter" if outcome.failed.blame == "adapter" else "poolproof"
        verdict, reason = Verdict.ERROR, f"{who} failed before this clause could be judged"
    elif findings is None:
        verdict, reason = Verdict.UNOBSERVED, outcome.died
    elif clause.needs is not None and clause.needs not in findings.offers:
        verdict = Verdict.SKIPPED
        reason = f"the pool does not offer {clause.needs.record.offered}"
    elif observed == 0:
        verdict, reason = Verdict.UNOBSERVED, _why_unobserved(clause, findings)
    return Result(clause, verdict, observed, reason, None)


def _why_unobserved(clause: Clause, findings: Findings) -> str:
    for argument in ("timeout", "socket_timeout"):
        if clause.id.startswith("TMO") and argument not in findings.takes:
            return f"the pool takes no `{argument}`"
    if findings.in_part:
        return "a note says why no program could come to the situation that it speaks of"
    if findings.cut_short:
        return (
            "none of the programs that there was time for came to the situation that it speaks of"
        )
    return "no program came to the situation that it speaks of; try --budget thorough"
