"""What the supervisor and the worker say to each other: one line of JSON for each message."""

import json
from dataclasses import asdict, dataclass

from ..counterexample.record import Counterexample
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


_KINDS: dict[str, type[Working] | type[Counterexample] | type[Findings] | type[Failed]] = {
    kind.__name__: kind for kind in (Working, Counterexample, Findings, Failed)
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
