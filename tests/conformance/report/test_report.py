"""A report reads well on a terminal, and as JSON it is what its schema says."""

import io
import textwrap

import jsonschema
import pytest
from report_schema import schema
from rich.console import Console

import poolproof
from poolproof.conformance.counterexample import Counterexample, Row
from poolproof.conformance.report.report_json import as_json
from poolproof.conformance.report.results import Report, Result
from poolproof.conformance.report.terminal import print_report
from poolproof.conformance.report.verdict import Verdict
from poolproof.spec import CLAUSES, Level


def result(clause: str, verdict: Verdict, reason: str = "", observed: int = 0) -> Result:
    counterexample = None
    if verdict in (Verdict.FAIL, Verdict.KNOWN):
        counterexample = Counterexample(
            clause,
            (
                Row("a pool is built with [red]max_connections=1[/]"),
                Row("acquire gets connection 1"),
            ),
            "connection 2 was opened",
            3,
        )
    again = f"poolproof check some:Pool --only {clause} --seed 3"
    return Result(CLAUSES[clause], verdict, observed, reason, counterexample, again)


def report(*results: Result, notes: tuple[str, ...] = ()) -> Report:
    return Report("some:Pool", results, {"client": "redis 1", "budget": "quick"}, 12, notes)


OF_EVERY_KIND = report(
    result("ORD-1", Verdict.PASS, observed=7),
    result("ORD-2", Verdict.FAIL, "connection 2 was opened", observed=3),
    result("BND-1", Verdict.UNOBSERVED, "the situation never arose"),
    result("BND-4", Verdict.KNOWN, "0 means no bound", observed=1),
    result("RET-6", Verdict.SKIPPED, "the pool does not offer it"),
    result("API-1", Verdict.ERROR, "the kit failed"),
    notes=("time was up",),
)


def printed(report: Report, width: int = 110) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_report(report, console)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def wrapped(clause: str, verdict: str) -> str:
    """The sentence as it goes on after the clause's id and its verdict."""
    headed = f"{clause} {verdict} {CLAUSES[clause].sentence}"
    return textwrap.fill(headed, 110, break_on_hyphens=False)


def test_a_report_tells_every_verdict_and_how_the_broken_clauses_were_broken() -> None:
    assert (
        printed(OF_EVERY_KIND)
        == f"""\
poolproof check some:Pool
  client: redis 1
  budget: quick

Level core
clause  verdict     observed  what it demands, and why it did not pass
ORD-1   PASS               7  {CLAUSES["ORD-1"].name}
ORD-2   FAIL               3  {CLAUSES["ORD-2"].name}
BND-1   UNOBSERVED         0  {CLAUSES["BND-1"].name}
                              the situation never arose
BND-4   KNOWN              1  {CLAUSES["BND-4"].name} (SHOULD)
                              known: 0 means no bound
RET-6   SKIPPED            0  {CLAUSES["RET-6"].name}
                              the pool does not offer it

Level observable
clause  verdict  observed  what it demands, and why it did not pass
API-1   ERROR           0  {CLAUSES["API-1"].name}
                           the kit failed

{wrapped("ORD-2", "FAIL")}
    1. a pool is built with [red]max_connections=1[/]
    2. acquire gets connection 1
  but: connection 2 was opened
  again: poolproof check some:Pool --only ORD-2 --seed 3

{wrapped("BND-4", "KNOWN")}
    1. a pool is built with [red]max_connections=1[/]
    2. acquire gets connection 1
  but: connection 2 was opened
  again: poolproof check some:Pool --only BND-4 --seed 3

Note: time was up.
ERROR: 1 PASS, 1 FAIL, 1 KNOWN, 1 UNOBSERVED, 1 SKIPPED, 1 ERROR (12 programs)"""
    )


LAID_OUT = Counterexample(
    "PRG-1",
    (
        Row("a pool is built with [red]max_connections=1[/]"),
        Row("acquire: gets #1", "A", "1 of 2 in use: A has #1, and so on to the end of the line"),
        Row("is cancelled, leaves with nothing", "B", "1 of 2 in use: A has #1"),
    ),
    "connection 2 was opened",
    lanes=(("A",), ("B",)),
    legend="#1 is connection 1",
)


@pytest.mark.parametrize("width", [30, 110])
def test_a_story_in_lanes_keeps_its_columns_however_narrow_the_terminal_is(width: int) -> None:
    lanes = Result(CLAUSES["PRG-1"], Verdict.FAIL, 1, "connection 2 was opened", LAID_OUT)

    assert """\
    1. a pool is built with [red]max_connections=1[/]; #1 is connection 1
       caller A           caller B                  the pool, when nothing moves
    2. acquire: gets #1                             1 of 2 in use: A has #1, and so on to the end
                                                    of the line
    3.                    is cancelled, leaves      !! 1 of 2 in use: A has #1
                          with nothing
  but: connection 2 was opened
""" in printed(report(lanes), width)


def test_a_story_in_lanes_is_what_the_schema_says() -> None:
    lanes = Result(CLAUSES["PRG-1"], Verdict.FAIL, 1, "connection 2 was opened", LAID_OUT)

    jsonschema.validate(as_json(report(lanes)), schema())


def test_a_story_in_a_list_is_wrapped_in_a_narrow_terminal() -> None:
    lines = printed(report(result("ORD-2", Verdict.FAIL)), width=40).splitlines()

    assert max(map(len, (line for line in lines if "again:" not in line))) <= 40


def test_every_level_has_its_heading_and_the_longest_names_are_wrapped_below_their_own() -> None:
    every = [Result(clause, Verdict.PASS, 1, "", None) for clause in CLAUSES.values()]

    lines = printed(report(*every), width=72).splitlines()

    for level in Level:
        assert f"Level {level}" in lines
    names, column = "", 0
    for line in lines:
        column = line.index("what") if line.startswith("clause") else column
        names += f"{line[column:]} "
    for clause in CLAUSES.values():
        assert clause.name in names
    assert max(map(len, lines)) <= 72


def test_the_command_that_shows_it_again_can_be_copied_however_long_it_is() -> None:
    text = printed(report(result("ORD-2", Verdict.FAIL)), width=40)

    assert "\n  again: poolproof check some:Pool --only ORD-2 --seed 3\n" in text


def test_no_verdict_is_without_a_style() -> None:
    for verdict in Verdict:
        assert verdict.value in printed(report(result("ORD-1", verdict)))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_a_report_of_every_kind_is_what_the_schema_says() -> None:
    jsonschema.validate(as_json(OF_EVERY_KIND), schema())


def test_the_json_says_what_the_report_says() -> None:
    values = as_json(report(result("ORD-2", Verdict.FAIL, "it was", observed=3), notes=("note",)))

    assert values == {
        "poolproof": poolproof.__version__,
        "target": "some:Pool",
        "verdict": "FAIL",
        "environment": {"client": "redis 1", "budget": "quick"},
        "programs": 12,
        "clauses": [
            {
                "id": "ORD-2",
                "level": "core",
                "requirement": "MUST",
                "verdict": "FAIL",
                "observed": 3,
                "reason": "it was",
                "counterexample": {
                    "steps": [
                        "a pool is built with [red]max_connections=1[/]",
                        "acquire gets connection 1",
                    ],
                    "happened": [
                        {"what": "a pool is built with [red]max_connections=1[/]"},
                        {"what": "acquire gets connection 1"},
                    ],
                    "broken": "connection 2 was opened",
                    "reproduce": "poolproof check some:Pool --only ORD-2 --seed 3",
                },
            }
        ],
        "notes": ["note"],
    }


@pytest.mark.parametrize(
    "spoil",
    [
        {"verdict": "MAYBE"},
        {"clauses": [{"id": "ORD-1"}]},
        {"more": 1},
        {"environment": {"programs": 12}},
        {"programs": "12"},
    ],
)
def test_the_schema_refuses_what_no_report_says(spoil: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**as_json(OF_EVERY_KIND), **spoil}, schema())


def test_every_verdict_level_and_requirement_is_in_the_schema() -> None:
    clause = schema()["properties"]["clauses"]["items"]["properties"]

    assert set(schema()["$defs"]["verdict"]["enum"]) == {verdict.value for verdict in Verdict}
    for known in CLAUSES.values():
        assert known.level.value in clause["level"]["enum"]
        assert known.requirement.value in clause["requirement"]["enum"]
