"""The modes in which a pool was judged, and what follows from all of them together.

A mode that the pool refuses is skipped, and never held against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .results import Report, Result, Status
from .verdict import Verdict

WORST_FIRST = (Status.KIT_FAILED, Status.BROKEN, Status.UNKNOWN, Status.UPHELD)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found out in a mode, or why nothing was."""

    target: str
    mode: Mapping[str, str]
    """Its protocol, its parser and its Python."""
    command: str
    """The check in this mode alone."""
    report: Report | None
    reason: str = ""

    @property
    def verdict(self) -> Verdict:
        """The verdict on the pool in this mode."""
        return Verdict.SKIPPED if self.report is None else self.report.verdict


@dataclass(frozen=True, slots=True)
class Difference:
    """What the verdicts on a clause differ by."""

    what: str
    """As a mode names it."""
    verdicts: Mapping[str, Verdict]


def worst_of(judged: Sequence[Judged]) -> Report:
    """The report on the worst of the modes that were judged."""
    reports = [each.report for each in judged if each.report is not None]
    return min(reports, key=lambda report: WORST_FIRST.index(report.status))


def notable_clauses(judged: Sequence[Judged]) -> list[list[Result]]:
    """The results of each clause that fails or is unknown in a mode, or not judged alike in all."""
    reports = [each.report for each in judged if each.report is not None]
    rows = [list(row) for row in zip(*(report.results for report in reports), strict=True)]
    quiet = {Verdict.PASS, Verdict.KNOWN, Verdict.SKIPPED}
    return [
        row
        for row in rows
        if len({result.verdict for result in row}) > 1 or row[0].verdict not in quiet
    ]


def what_decides(judged: Sequence[Judged], row: Sequence[Result]) -> Difference | None:
    """What the verdicts on a clause differ by, if it is one thing alone."""
    modes = [each.mode for each in judged if each.report is not None]
    found = []
    for what in modes[0]:
        verdicts: dict[str, set[Verdict]] = {}
        for named, result in zip(modes, row, strict=True):
            verdicts.setdefault(named[what], set()).add(result.verdict)
        if len(verdicts) > 1 and all(len(each) == 1 for each in verdicts.values()):
            found.append(Difference(what, {value: min(each) for value, each in verdicts.items()}))
    # Where a mode was skipped, two things may explain it equally well; then nothing is known.
    differs = len({result.verdict for result in row}) > 1
    return found[0] if differs and len(found) == 1 else None
