"""Lays a counterexample out for readers, and for machines."""

from ..counterexample import Counterexample
from .lanes import in_lanes

NOT_RETURNING = "the call that does not return stands at"


def steps_of(counterexample: Counterexample) -> list[str]:
    """The steps for readers: in lanes, or one below the other.

    A step of several lines is laid out in columns already, as are those after it.
    """
    steps = in_lanes(counterexample) if counterexample.lanes else _below(counterexample)
    if counterexample.stack:
        steps.append("\n  ".join((NOT_RETURNING, *counterexample.stack)))
    return steps


def _below(counterexample: Counterexample) -> list[str]:
    steps = []
    for row in counterexample.rows:
        if row.text:
            steps.append(f"caller {row.caller}: {row.text}" if row.caller else row.text)
        if row.pool:
            steps.append(f"nothing moves: {row.pool}")
    return steps


def rows_of(counterexample: Counterexample) -> list[dict[str, str]]:
    """The same for machines: `caller`, `what`, and how the `pool` is, each only where there is one."""
    rows = [
        {"caller": row.caller, "what": row.text, "pool": row.pool} for row in counterexample.rows
    ]
    if counterexample.stack:
        rows.append({"what": " ".join((NOT_RETURNING, *counterexample.stack))})
    return [{name: " ".join(text.split()) for name, text in row.items() if text} for row in rows]
