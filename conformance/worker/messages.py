"""What the supervisor and the worker say to each other: one line of JSON for each message."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from ..counterexample import Counterexample, Row
from ..report.outcome import Failed, Findings, Message, Working
from ..server import Server


@dataclass(frozen=True, slots=True)
class Job:
    """What the worker is to do."""

    target: str
    server: Server
    clauses: list[str]
    budget: str
    seed: int
    extra: list[str]


def _counterexample(
    *,
    rows: list[dict[str, str]],
    lanes: list[list[str]],
    stack: list[str],
    clause: str,
    broken: str,
    seed: int | None,
    legend: str,
) -> Counterexample:
    whole = tuple(Row(**row) for row in rows)
    together = tuple(map(tuple, lanes))
    return Counterexample(clause, whole, broken, seed, together, legend, tuple(stack))


_KINDS: dict[str, Callable[..., Message]] = {
    "Working": Working,
    "Counterexample": _counterexample,
    "Findings": Findings,
    "Failed": Failed,
}


def decode_job(line: str) -> Job:
    """The job that a line holds."""
    fields = json.loads(line)
    del fields["kind"]
    return Job(**{**fields, "server": Server(**fields["server"])})


def encode(message: Message | Job) -> str:
    """The message as one line."""
    return json.dumps({"kind": type(message).__name__, **asdict(message)})


def decode(line: bytes) -> Message | None:
    """The message that a line holds; None if it holds none."""
    try:
        fields = json.loads(line)
        return _KINDS[fields.pop("kind")](**fields)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
