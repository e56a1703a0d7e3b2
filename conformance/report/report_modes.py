"""The report on all modes: the verdict in each, and the clauses that fail or are not judged alike."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .modes import Judged, notable_clauses, what_decides, worst_of
from .results import Report
from .terminal import STYLES, counts, demand_of
from .verdict import Verdict


def print_modes(judged: Sequence[Judged], console: Console) -> None:
    """Print how the pool did in each mode, and then the clauses that differ or fail."""
    title = Text.assemble(("poolproof check ", "dim"), (judged[0].target, "bold"))
    console.print(title.append(" mode by mode", style="dim"))
    for name, value in _same_in_all([each.report for each in judged if each.report]).items():
        console.print(Text(f"  {name}: {value}", style="dim"))
    console.print()
    console.print(_table_of_modes(judged))
    console.print()
    _print_clauses(judged, console)
    console.print()
    for number, each in enumerate(judged, 1):
        # On one line however long it is, so that it can be copied.
        console.print(Text(f"mode {number} alone: {each.command}", style="dim"), soft_wrap=True)
    console.print()
    console.print(_summary(judged))


def _same_in_all(reports: Sequence[Report]) -> Mapping[str, str]:
    first, *others = (report.environment for report in reports)
    return {
        name: value
        for name, value in first.items()
        if all(other.get(name) == value for other in others)
    }


def _table_of_modes(judged: Sequence[Judged]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("mode", *judged[0].mode, "verdict"):
        table.add_column(column, no_wrap=True)
    table.add_column("clauses, or why it was skipped", overflow="fold")
    for number, each in enumerate(judged, 1):
        verdict = Text(each.verdict, style=STYLES[each.verdict])
        outcome = each.reason if each.report is None else counts(each.report)
        table.add_row(str(number), *each.mode.values(), verdict, Text(outcome))
    return table


def _print_clauses(judged: Sequence[Judged], console: Console) -> None:
    rows = notable_clauses(judged)
    if not rows:
        where = "any mode, and all are judged alike in all of them"
        if any(each.report is None for each in judged):
            where = "the modes that were judged, and all are judged alike in these"
        console.print(f"No clause fails in {where}.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("clause", no_wrap=True)
    for number, each in enumerate(judged, 1):
        if each.report is not None:
            table.add_column(str(number), no_wrap=True)
    table.add_column("what it demands", overflow="fold")
    for row in rows:
        clause = row[0].clause
        verdicts = (Text(each.verdict, style=STYLES[each.verdict]) for each in row)
        table.add_row(clause.id, *verdicts, demand_of(clause))
    console.print(table)
    for row in rows:
        difference = what_decides(judged, row)
        if difference is not None:
            found = ", ".join(f"{value} {each}" for value, each in difference.verdicts.items())
            by = f"{row[0].clause.id} differs by {difference.what} alone: {found}."
            console.print(by, highlight=False)


def _summary(judged: Sequence[Judged]) -> Text:
    verdict = worst_of(judged).verdict
    text = Text.assemble((verdict.value, STYLES[verdict]), ": ")
    found = [each.verdict for each in judged]
    text.append(", ".join(f"{found.count(each)} {each}" for each in Verdict if each in found))
    return text.append(f" ({len(judged)} modes)", style="dim")
