"""The report on the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from poolproof.spec import Clause, Level, Requirement

from .results import Report, Result
from .steps import steps_of
from .verdict import Verdict

STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.KNOWN: "yellow",
    Verdict.UNOBSERVED: "magenta",
    Verdict.SKIPPED: "dim",
    Verdict.ERROR: "bold magenta",
}


def print_report(report: Report, console: Console) -> None:
    """Print the verdict on each clause, how the broken ones were broken, and the whole verdict."""
    console.print(Text.assemble(("poolproof check ", "dim"), (report.target, "bold")))
    for name, value in report.environment.items():
        console.print(Text(f"  {name}: {value}", style="dim"))
    for level in Level:
        results = [result for result in report.results if result.clause.level is level]
        if results:
            console.print()
            console.print(_table(level, results))
    for result in report.results:
        if result.counterexample is not None:
            console.print()
            _print_counterexample(result, console)
    console.print()
    for note in report.notes:
        console.print(Text(f"Note: {note}."))
    console.print(_summary(report))


def _table(level: Level, results: list[Result]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), title=f"Level {level}", title_justify="left")
    table.add_column("clause", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("observed", justify="right", no_wrap=True)
    table.add_column("what it demands, and why it did not pass", overflow="fold")
    for result in results:
        demand = demand_of(result.clause)
        if result.reason and result.counterexample is None:
            demand.append(f"\n{result.reason}", style="dim")
        if result.verdict is Verdict.KNOWN:
            demand.append(f"\nknown: {result.reason}", style="dim")
        verdict = Text(result.verdict, style=STYLES[result.verdict])
        table.add_row(result.clause.id, verdict, str(result.observed), demand)
    return table


def demand_of(clause: Clause) -> Text:
    """What a clause demands, in few words, and how binding it is if it is not a MUST."""
    demand = Text(clause.name)
    if clause.requirement is not Requirement.MUST:
        demand.append(f" ({clause.requirement})", style="dim")
    return demand


def _print_counterexample(result: Result, console: Console) -> None:
    counterexample = result.counterexample
    if counterexample is None:
        return
    style = STYLES[result.verdict]
    console.print(
        f"[{style}]{result.clause.id} {result.verdict}[/] {escape(result.clause.sentence)}"
    )
    steps = steps_of(counterexample)
    text = Text("\n".join(_numbered(steps)))
    if any("\n" in step for step in steps):
        # Its columns are as wide as they can be; wrapped once more they would be none any more.
        text = Text("\n").join(Text("  ") + line for line in text.split("\n"))
        console.print(text, soft_wrap=True)
    else:
        console.print(Padding(text, (0, 0, 0, 2), expand=False))
    but = Text(f"but: {counterexample.broken}", style="bold")
    console.print(Padding(but, (0, 0, 0, 2), expand=False))
    # On one line however long it is, so that it can be copied.
    console.print(Text(f"  again: {result.reproduce}", style="dim"), soft_wrap=True)


def _numbered(steps: Sequence[str]) -> list[str]:
    return [f"{number:>3}. {step}".replace("\n", "\n     ") for number, step in enumerate(steps, 1)]


def counts(report: Report) -> str:
    """How many clauses got which verdict."""
    return ", ".join(
        f"{sum(result.verdict is verdict for result in report.results)} {verdict}"
        for verdict in Verdict
        if any(result.verdict is verdict for result in report.results)
    )


def _summary(report: Report) -> Text:
    text = Text.assemble((report.verdict.value, STYLES[report.verdict]), ": ", counts(report))
    text.append(f" ({report.programs} programs)", style="dim")
    return text
