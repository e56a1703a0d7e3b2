"""The reports that the README shows are such as the tool prints today."""

import re

from documents import README, blocks

from poolproof.conformance.cli.modes import modes_of
from poolproof.conformance.report.verdict import Verdict
from poolproof.conformance.worker.pythons import Python
from poolproof.spec import CLAUSES, Level

PASTE = "run `poolproof check redis:BlockingConnectionPool` and paste what it prints into README.md"


def test_the_verdict_in_the_readme_is_on_the_clauses_that_exist() -> None:
    expected = [
        (clause.id, clause.name + (" (SHOULD)" if clause.requirement == "SHOULD" else ""))
        for level in Level
        for clause in CLAUSES.values()
        if clause.level is level
    ]

    assert [(name, told) for name, _, told in _verdict_rows()] == expected, PASTE


def test_the_verdict_in_the_readme_adds_up() -> None:
    verdicts = [verdict for _, verdict, _ in _verdict_rows()]
    counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in Verdict if verdict in verdicts]

    assert f"FAIL: {', '.join(counts)} (" in _verdict()


def test_the_counterexample_in_the_readme_quotes_its_clause() -> None:
    told = " ".join(_verdict().split())
    quoted = [name for name, clause in CLAUSES.items() if f"{name} FAIL {clause.sentence}" in told]

    assert quoted, PASTE
    assert f"--only {quoted[0]}" in told


def test_the_report_on_modes_in_the_readme_tells_the_modes_that_there_are() -> None:
    rows = _rows_of_modes()
    here, *others = dict.fromkeys(python for python, _, _, _ in rows)
    modes = modes_of(
        Python("", "", here),
        [Python("", "", other) for other in others],
        given=[],
        as_here=[],
        has_hiredis=False,
    )

    assert [list(mode.in_words().values()) for mode in modes] == [[*row[:3]] for row in rows]


def test_the_report_on_modes_in_the_readme_adds_up() -> None:
    told, verdicts = _report_on_modes(), [row[3] for row in _rows_of_modes()]
    [(clause, row, demands)] = re.findall(r"^([A-Z]+-\d) +((?:[A-Z]+  )+)(.+)$", told, re.MULTILINE)
    counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in Verdict if verdict in verdicts]

    assert row.split() == verdicts
    assert demands == CLAUSES[clause].name
    assert f"\nFAIL: {', '.join(counts)} ({len(verdicts)} modes)" in told


def _verdict() -> str:
    [verdict] = [text for text in blocks(README, "text") if "\nLevel core" in text]
    return verdict


def _report_on_modes() -> str:
    [told] = [text for text in blocks(README, "text") if "mode by mode" in text]
    return told


def _rows_of_modes() -> list[tuple[str, str, str, str]]:
    row = r"^\d +(3[\d.]+) +(with|without) +(default|2|3) +([A-Z]+) +1 \4$"
    return re.findall(row, _report_on_modes(), re.MULTILINE)


def _verdict_rows() -> list[tuple[str, str, str]]:
    verdicts = "|".join(Verdict)
    return re.findall(rf"^([A-Z]+-\d+) +({verdicts}) +\d+  (.+)$", _verdict(), re.MULTILINE)
