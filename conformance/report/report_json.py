"""The report as JSON. Its schema is `report.schema.json` beside this file."""

from collections.abc import Sequence

import poolproof

from .modes import Judged
from .results import Report, Result
from .steps import rows_of, steps_of
from .verdict import Verdict


def as_json(report: Report) -> dict[str, object]:
    """The report as JSON values."""
    return {
        "poolproof": poolproof.__version__,
        "target": report.target,
        "verdict": report.verdict.value,
        "environment": dict(report.environment),
        "programs": report.programs,
        "clauses": [_clause(result) for result in report.results],
        "notes": list(report.notes),
    }


def modes_as_json(judged: Sequence[Judged]) -> list[dict[str, object]]:
    """A report for each mode. One that was skipped has judged no clause, and a note says why."""
    return [{**_report_of(each), "mode": each.mode} for each in judged]


def _report_of(judged: Judged) -> dict[str, object]:
    if judged.report is not None:
        return as_json(judged.report)
    return {
        "poolproof": poolproof.__version__,
        "target": judged.target,
        "verdict": Verdict.SKIPPED.value,
        "environment": {},
        "programs": 0,
        "clauses": [],
        "notes": [judged.reason],
    }


def _clause(result: Result) -> dict[str, object]:
    return {
        "id": result.clause.id,
        "level": result.clause.level.value,
        "requirement": result.clause.requirement.value,
        "verdict": result.verdict.value,
        "observed": result.observed,
        "reason": result.reason,
        "counterexample": _counterexample(result),
    }


def _counterexample(result: Result) -> dict[str, object] | None:
    if result.counterexample is None:
        return None
    return {
        "steps": steps_of(result.counterexample),
        "happened": rows_of(result.counterexample),
        "broken": result.counterexample.broken,
        "reproduce": result.reproduce,
    }
