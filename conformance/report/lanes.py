"""Lays a counterexample out in lanes: a column for each caller, and one for the pool.

A table of rich was tried: it has no cell across all lanes, for what happens to nobody in particular,
and does not say which of its lines are which row's, so that each row could be a numbered step.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from textwrap import wrap

from ..counterexample import Counterexample, Row

WIDTH = 92
"""How long a line may be: 100, without the report's margin and its numbers."""

GAP = 3
"""The blanks between columns."""

POOL_SHARE = 2
"""How many times as wide as the others the column of the pool may be when space is short."""

POOL_HEAD = "the pool, when nothing moves"

HERE = "!! "
"""Marks where the clause is broken: in the last row."""


def in_lanes(counterexample: Counterexample) -> list[str]:
    """A step for each row. Those whose cells are wrapped have several lines, and the first one, about
    how the pool was built, has the heads of the columns under it.
    """
    lanes = counterexample.lanes
    begins, *rows = counterexample.rows
    rows[-1] = _marked(rows[-1])
    heads = [*map(_head, lanes), POOL_HEAD]
    table = [[*(_cell(row, lane) for lane in lanes), row.pool] for row in rows]
    widths = _widths([heads, *table])
    all_lanes = sum(widths[:-1]) + GAP * (len(lanes) - 1)
    # What happens to nobody in particular is written across the lanes, which may need more space.
    across = max((len(row.text) for row in rows if not row.caller), default=0)
    more = max(0, min(across, WIDTH - widths[-1] - GAP) - all_lanes)
    widths[-2] += more
    all_lanes += more
    steps = [f"{begins.text}; {counterexample.legend}\n{_side_by_side(heads, widths)}"]
    for row, cells in zip(rows, table, strict=True):
        if row.text and not row.caller:
            steps.append(_side_by_side([row.text, row.pool], [all_lanes, widths[-1]]))
        else:
            steps.append(_side_by_side(cells, widths))
    return steps


def _marked(row: Row) -> Row:
    if row.pool:
        return replace(row, pool=f"{HERE}{row.pool}")
    return replace(row, text=f"{HERE}{row.text}")


def _head(lane: Sequence[str]) -> str:
    return f"caller {lane[0]}" if len(lane) == 1 else f"callers {', '.join(lane)}"


def _cell(row: Row, lane: Sequence[str]) -> str:
    if row.caller not in lane:
        return ""
    return row.text if len(lane) == 1 else f"({row.caller}) {row.text}"


def _widths(table: Sequence[Sequence[str]]) -> list[int]:
    """As wide as the longest cell, if there is room; if not, the widest columns give way."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    shares = [1] * (len(widths) - 1) + [POOL_SHARE]
    while sum(widths) + GAP * (len(widths) - 1) > WIDTH:
        widest = max(range(len(widths)), key=lambda n: widths[n] / shares[n])
        widths[widest] -= 1
    return widths


def _side_by_side(cells: Sequence[str], widths: Sequence[int]) -> str:
    wrapped = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for texts in zip_longest(*wrapped, fillvalue=""):
        padded = (text.ljust(width) for text, width in zip(texts, widths, strict=True))
        lines.append((" " * GAP).join(padded).rstrip())
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    """The lines of a cell. The number of a connection stays with the word before it."""
    glued = text.replace(" #", "\N{NO-BREAK SPACE}#")
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in wrap(glued, width)]
