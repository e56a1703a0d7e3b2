"""The schema of the report in JSON, and what it means in types, as far as tests read it."""

import json
from importlib.resources import files
from typing import NotRequired, TypedDict


class Choice(TypedDict):
    """What may stand in one place."""

    enum: list[str]


class ClauseProperties(TypedDict):
    """What is said of a clause, as far as there is a choice."""

    level: Choice
    requirement: Choice


class ClauseSchema(TypedDict):
    """One clause."""

    properties: ClauseProperties


class ClausesSchema(TypedDict):
    """The list of them."""

    items: ClauseSchema


class ReportProperties(TypedDict):
    """What is said in a report."""

    clauses: ClausesSchema


class Definitions(TypedDict):
    """What is said in more than one place."""

    verdict: Choice


Schema = TypedDict("Schema", {"properties": ReportProperties, "$defs": Definitions})


class CounterexampleJson(TypedDict):
    """How a clause was broken."""

    steps: list[str]
    happened: list[dict[str, str]]
    broken: str
    reproduce: str


class ClauseJson(TypedDict):
    """What was found out about a clause."""

    id: str
    level: str
    requirement: str
    verdict: str
    observed: int
    reason: str
    counterexample: CounterexampleJson | None


class ModeJson(TypedDict):
    """The mode that a report is about, where there are several."""

    python: str
    hiredis: str
    protocol: str


class ReportJson(TypedDict):
    """A report that the schema allows."""

    poolproof: str
    target: str
    verdict: str
    environment: dict[str, str]
    programs: int
    clauses: list[ClauseJson]
    notes: list[str]
    mode: NotRequired[ModeJson]


def schema() -> Schema:
    text = files("poolproof.conformance.report").joinpath("report.schema.json").read_text("utf-8")
    loaded: Schema = json.loads(text)
    return loaded
