"""The report as JSON. Its schema is `report.schema.json` beside this file."""

from collections.abc import Sequence

import poolproof

from .modes import Judged
from .results import Report, Result
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
    return [{**_report_of(each), "mode": each.mode.named()} for each in judged]


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
    told = result.counterexample
    return {
        "id": result.clause.id,
        "level": result.clause.level.value,
        "requirement": result.clause.requirement.value,
        "verdict": result.verdict.value,
        "observed": result.observed,
        "reason": result.reason,
        "counterexample": None
        if told is None
        else {
            "steps": list(told.steps),
            "happened": [dict(moment) for moment in told.happened],
            "broken": told.broken,
            "reproduce": result.reproduce,
        },
    }
