"""The modes in which a pool may behave differently: the protocol, the parser, the Python.

A fault may hide in one of them. Each mode is a check like any other; here is which there are, and what
follows from all of them together. A mode that the pool refuses is skipped, and never held against it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..worker.pythons import Python
from .results import Report, Result, Status
from .verdict import Verdict

PROTOCOLS = (None, "2", "3")
"""What is passed as `protocol`; None leaves it to the client."""

HIREDIS = "hiredis"

WORST_FIRST = (Status.KIT_FAILED, Status.BROKEN, Status.UNKNOWN, Status.UPHELD)


class ModesError(Exception):
    """What was asked for is a part of the modes already; the message says what to leave out."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One of them: what is named on the command line of a check in this mode alone."""

    protocol: str | None
    hiredis: bool
    python: Python
    requirements: tuple[str, ...] | None
    """What is installed in an environment of its own; None if the mode needs none."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether it has a Python of its own."""
        return not self.python.is_of_the_kind_that_runs_here

    def named(self) -> dict[str, str]:
        """In words, for a table and for JSON."""
        return {
            "python": self.python.version,
            "hiredis": "with" if self.hiredis else "without",
            "protocol": self.protocol or "default",
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found out in a mode, or why nothing was."""

    target: str
    mode: Mode
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


def modes_of(
    here: Python,
    others: Sequence[Python],
    *,
    given: Sequence[str],
    as_here: Sequence[str],
    has_hiredis: bool,
) -> list[Mode]:
    """All protocols, with and without hiredis, in this Python; and each other Python.

    `given` is what was asked to be installed; otherwise the pool's requirements are those that it has
    here, `as_here`, and the first modes need no environment of their own.
    """
    modes = []
    bare = tuple(given or as_here)
    first = has_hiredis and not given
    for hiredis in (first, not first):
        requirements = (*bare, HIREDIS) if hiredis else bare
        is_as_here = not given and hiredis is has_hiredis
        installed = None if is_as_here else requirements
        modes += [Mode(protocol, hiredis, here, installed) for protocol in PROTOCOLS]
    modes += [Mode(None, False, other, bare) for other in others]
    return modes


def expect_free(extra: Sequence[str], requirements: Sequence[str]) -> None:
    """See that nothing is chosen that the modes vary. Raises ModesError."""
    if "protocol" in extra:
        raise ModesError(
            "--modes varies the protocol itself; leave out --set protocol, or leave out --modes"
        )
    for requirement in requirements:
        if re.search(r"\bhiredis\b", requirement, re.IGNORECASE):
            raise ModesError(
                f"--modes is with and without hiredis itself; leave out --with {requirement}, or "
                f"leave out --modes"
            )


def worst_of(judged: Sequence[Judged]) -> Report:
    """The report on the worst of the modes that were judged."""
    reports = [each.report for each in judged if each.report is not None]
    return min(reports, key=lambda report: WORST_FIRST.index(report.status))


def telling_clauses(judged: Sequence[Judged]) -> list[list[Result]]:
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
    modes = [each.mode.named() for each in judged if each.report is not None]
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
