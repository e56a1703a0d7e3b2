"""What the command lists without judging anything: the clauses, and the pools that need no code."""

from collections.abc import Sequence

import click
from rich.console import Console

from poolproof.spec import CHAPTERS, CLAUSES, Clause

from ..adapters.names import POOLS
from .complaints import BadInput


def print_specification(console: Console) -> None:
    """Print every clause in one sentence."""
    for chapter in CHAPTERS:
        console.print(f"\n[bold]{chapter.title}[/]  {chapter.summary}", highlight=False)
        for clause in chapter.clauses:
            console.print(f"  {clause.id:6} {clause.sentence}", highlight=False, markup=False)


def print_clauses(names: Sequence[str], console: Console) -> None:
    """Print the clauses of these ids and families in full. Raises BadInput if one does not exist."""
    for number, found in enumerate(_named(names)):
        if number:
            console.print()
        console.print(f"{found.id}  {found.requirement}  level {found.level}", highlight=False)
        console.print(f"\n{found.sentence}\n\n{found.intent}", highlight=False, markup=False)
        if found.needs is not None:
            told = f"\nSkipped for a pool that does not offer {found.needs}."
            console.print(told, highlight=False)


def _named(names: Sequence[str]) -> list[Clause]:
    """Each once, in the order in which they are named."""
    found: dict[str, Clause] = {}
    for name in names:
        wanted = name.upper()
        matching = {each: CLAUSES[each] for each in CLAUSES if wanted in (each, _family(each))}
        if not matching:
            raise BadInput(f"there is no clause {name}; `poolproof clauses` lists them all")
        found |= matching
    return list(found.values())


def _family(clause: str) -> str:
    return clause.partition("-")[0]


def print_pools() -> None:
    """Print a line for each pool that can be named."""
    rows = [
        (pool.name, pool.callers, pool.distribution, pool.installed_version() or "not installed")
        for pool in POOLS
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
