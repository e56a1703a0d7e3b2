"""Lays rows out in lanes: a column for each caller, and one for the pool when nothing moves.

Each row is one step of the story. A step whose cells are wrapped has several lines, and the first
one, about how the pool was built, has the heads of the columns under it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from textwrap import wrap

from .rows import Row

LANES = 5
"""More than these, side by side, nobody can follow, nor do they fit."""

WIDTH = 92
"""How long a line may be: 100, without the report's margin and its numbers."""

GAP = 3
"""The blanks between columns."""

POOL_SHARE = 2
"""How many times as wide as the others the column of the pool may be when space is short."""

POOL_HEAD = "the pool, when nothing moves"

HERE = "!! "
"""Marks where the clause is broken."""


def in_lanes(introduction: str, rows: Sequence[Row]) -> tuple[str, ...] | None:
    """The steps of the story, broken in the last row; None if too many callers are there at once."""
    lanes = _lanes_of(rows)
    if not lanes:
        return None
    rows = (*rows[:-1], _marked(rows[-1]))
    heads = [_head(lane) for lane in lanes]
    table = [_cells(row, lanes) for row in rows]
    *widths, pool_width = _widths(heads, table, [row.pool for row in rows])
    all_lanes = sum(widths) + GAP * (len(widths) - 1)
    for row in rows:
        if not row.caller:  # what happens to all is told across the lanes
            room = WIDTH - pool_width - GAP - all_lanes
            more = max(0, min(len(row.text) - all_lanes, room))
            widths[-1] += more
            all_lanes += more
    steps = [f"{introduction}\n{_side_by_side([*heads, POOL_HEAD], [*widths, pool_width])}"]
    for row, cells in zip(rows, table, strict=True):
        if row.text and not row.caller:
            steps.append(_side_by_side([row.text, row.pool], [all_lanes, pool_width]))
        else:
            steps.append(_side_by_side([*cells, row.pool], [*widths, pool_width]))
    return tuple(steps)


def _marked(row: Row) -> Row:
    if row.pool:
        return replace(row, pool=f"{HERE}{row.pool}")
    return replace(row, text=f"{HERE}{row.text}")


def _lanes_of(rows: Sequence[Row]) -> list[list[str]] | None:
    """The callers of each lane: one, or where they are too many, also who comes when one has left."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    left: set[str] = set()
    for number, row in enumerate(rows):
        if row.caller:
            first.setdefault(row.caller, number)
        for caller in {row.caller, row.leaver} - {""}:
            last[caller] = number
        left.add(row.leaver)
    if len(first) <= LANES:
        return [[caller] for caller in first]
    lanes: list[list[str]] = []
    for caller, begins in first.items():
        vacant = (lane for lane in lanes if lane[-1] in left and last[lane[-1]] < begins)
        lane = next(vacant, None)
        if lane is None:
            lanes.append([caller])
        else:
            lane.append(caller)
    return lanes if len(lanes) <= LANES else None


def _head(lane: Sequence[str]) -> str:
    return f"caller {lane[0]}" if len(lane) == 1 else f"callers {', '.join(lane)}"


def _cells(row: Row, lanes: Sequence[Sequence[str]]) -> list[str]:
    return [_cell(row, lane) if row.caller in lane else "" for lane in lanes]


def _cell(row: Row, lane: Sequence[str]) -> str:
    return row.text if len(lane) == 1 else f"({row.caller}) {row.text}"


def _widths(heads: Sequence[str], table: Sequence[Sequence[str]], pool: Sequence[str]) -> list[int]:
    """As wide as the longest cell, if there is room; if not, the widest columns give way."""
    columns = [*zip(heads, *table, strict=True), (POOL_HEAD, *pool)]
    widths = [max(map(len, column)) for column in columns]
    shares = [1] * len(heads) + [POOL_SHARE]
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
