"""What the supervisor and the worker say to each other: one line of JSON for each message."""

import json
from dataclasses import asdict, dataclass, field

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


@dataclass(frozen=True, slots=True)
class Working:
    """The check goes on."""

    doing: str
    programs: int


@dataclass(frozen=True, slots=True)
class Proven:
    """A clause is broken, and this is the shortest story of it so far."""

    clause: str
    steps: list[str]
    broken: str
    seed: int | None
    happened: list[dict[str, str]] = field(default_factory=list)
    """The steps once more, for machines."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The check is over."""

    observed: dict[str, int]
    offers: list[str]
    takes: list[str]
    programs: int
    cut_short: bool
    in_part: bool
    environment: dict[str, str]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Failed:
    """The check could not be done.

    To blame is the `target`, the `server`, the `adapter` or the `kit`.
    """

    blame: str
    message: str


Message = Working | Proven | Finished | Failed

_KINDS: dict[str, type[Working] | type[Proven] | type[Finished] | type[Failed]] = {
    kind.__name__: kind for kind in (Working, Proven, Finished, Failed)
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
