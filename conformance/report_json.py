"""The report as JSON. Its schema is `report.schema.json` beside this file."""

import poolproof

from .results import Report, Result


def as_json(report: Report) -> dict[str, object]:
    """The report as JSON values."""
    return {
        "poolproof": poolproof.__version__,
        "target": report.target,
        "verdict": report.verdict.value,
        "environment": {**report.environment, "programs": str(report.programs)},
        "clauses": [_clause(result) for result in report.results],
        "notes": list(report.notes),
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
        else {"steps": list(told.steps), "broken": told.broken, "reproduce": told.reproduce},
    }
