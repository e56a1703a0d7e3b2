"""What was found out leads to the right word for each clause, and to the right exit status."""

from collections.abc import Mapping, Sequence

import pytest

from poolproof.conformance.counterexample import Counterexample, Row
from poolproof.conformance.report.outcome import Failed, Findings, Outcome, Working
from poolproof.conformance.report.results import Report, Status, conclude
from poolproof.conformance.report.verdict import Verdict
from poolproof.spec import CLAUSES, Capability, Requirement

MUST, ANOTHER_MUST, SHOULD = "ORD-1", "RET-3", "BND-4"
NEEDS_A_BLOCK, NEEDS_A_CLIENT, NEEDS_TIMEOUT = "RET-6", "API-1", "TMO-2"


ROWS = (Row("a pool is built"), Row("it fails"))


def finished(
    observed: Mapping[str, int],
    offers: Sequence[str] = tuple(Capability),
    takes: Sequence[str] = ("timeout", "socket_timeout"),
    *,
    cut_short: bool = False,
    in_part: bool = False,
) -> Findings:
    return Findings(
        dict(observed),
        list(offers),
        list(takes),
        40,
        cut_short,
        in_part,
        {"client": "redis 1"},
        notes=[],
    )


def proven(clause: str, seed: int | None = None) -> dict[str, Counterexample]:
    return {clause: Counterexample(clause, ROWS, "it failed", seed)}


def concluded(outcome: Outcome, *clauses: str, known: Mapping[str, str] | None = None) -> Report:
    reproduce = {name: f"poolproof check some:Pool --only {name}" for name in clauses}
    return conclude("some:Pool", clauses, outcome, known or {}, {"budget": "quick"}, reproduce)


def verdicts(report: Report) -> list[str]:
    return [result.verdict.value for result in report.results]


def test_the_clauses_used_here_are_what_their_names_say() -> None:
    assert CLAUSES[MUST].requirement is CLAUSES[ANOTHER_MUST].requirement is Requirement.MUST
    assert CLAUSES[SHOULD].requirement is Requirement.SHOULD
    assert CLAUSES[NEEDS_A_BLOCK].needs is Capability.CONTEXT_MANAGER
    assert CLAUSES[NEEDS_A_CLIENT].needs is Capability.CLIENT


def test_all_observed_and_nothing_broken_is_a_pass_and_0() -> None:
    report = concluded(Outcome(findings=finished({MUST: 3, SHOULD: 1})), MUST, SHOULD)

    assert verdicts(report) == ["PASS", "PASS"]
    assert [result.observed for result in report.results] == [3, 1]
    assert [result.reason for result in report.results] == ["", ""]
    assert (report.verdict, report.status) == (Verdict.PASS, 0)
    assert report.environment == {"budget": "quick", "client": "redis 1"}
    assert (report.programs, report.notes) == (40, ())


def test_a_broken_must_is_1_whatever_else_passes() -> None:
    outcome = Outcome(proven(MUST, 7), finished({MUST: 3, ANOTHER_MUST: 5}))

    report = concluded(outcome, MUST, ANOTHER_MUST)

    assert verdicts(report) == ["FAIL", "PASS"]
    assert (report.verdict, report.status) == (Verdict.FAIL, 1)
    found = report.results[0].counterexample
    assert found is not None
    assert found.rows == ROWS
    assert found.broken == report.results[0].reason == "it failed"
    assert report.results[0].reproduce == "poolproof check some:Pool --only ORD-1 --seed 7"
    assert report.results[1].counterexample is None


def test_what_was_not_drawn_is_reproduced_without_a_seed() -> None:
    report = concluded(Outcome(proven(MUST), finished({MUST: 1})), MUST)

    assert report.results[0].reproduce == "poolproof check some:Pool --only ORD-1"


def test_a_broken_must_outweighs_one_that_was_never_observed() -> None:
    report = concluded(Outcome(proven(MUST), finished({MUST: 1})), MUST, ANOTHER_MUST)

    assert verdicts(report) == ["FAIL", "UNOBSERVED"]
    assert (report.verdict, report.status) == (Verdict.FAIL, 1)


@pytest.mark.parametrize("others", [(), (MUST,)])
def test_a_broken_should_is_told_and_does_not_change_the_status(others: tuple[str, ...]) -> None:
    outcome = Outcome(proven(SHOULD), finished({MUST: 3, SHOULD: 1}))

    report = concluded(outcome, SHOULD, *others)

    assert verdicts(report)[0] == "FAIL"
    assert report.results[0].counterexample is not None
    assert (report.verdict, report.status) == (Verdict.PASS, 0)


def test_a_must_that_was_never_observed_is_3() -> None:
    report = concluded(Outcome(findings=finished({MUST: 3})), MUST, ANOTHER_MUST)

    assert verdicts(report) == ["PASS", "UNOBSERVED"]
    assert (report.verdict, report.status) == (Verdict.UNOBSERVED, 3)
    assert "no program came to the situation" in report.results[1].reason


def test_a_pool_that_was_judged_in_part_is_not_promised_more_by_a_larger_budget() -> None:
    report = concluded(Outcome(findings=finished({}, in_part=True)), MUST)

    assert report.results[0].reason == (
        "a note says why no program could come to the situation that it speaks of"
    )


def test_a_should_that_was_never_observed_is_no_matter_beside_one_that_passes() -> None:
    report = concluded(Outcome(findings=finished({MUST: 3})), MUST, SHOULD)

    assert verdicts(report) == ["PASS", "UNOBSERVED"]
    assert report.status == 0


def test_a_pool_without_the_argument_that_a_clause_speaks_of_is_told_so() -> None:
    outcome = Outcome(findings=finished({}, takes=["socket_timeout"]))

    report = concluded(outcome, NEEDS_TIMEOUT)

    assert report.results[0].reason == "the pool takes no `timeout`"


@pytest.mark.parametrize(
    ("clause", "offers", "reason"),
    [
        (
            NEEDS_A_BLOCK,
            [Capability.CLIENT],
            "the pool does not offer a `with pool.connection()` block",
        ),
        (
            NEEDS_A_CLIENT,
            [Capability.CONTEXT_MANAGER],
            "the pool does not offer itself to a client of the redis-py family",
        ),
    ],
)
def test_a_capability_that_the_pool_lacks_is_skipped_by_name(
    clause: str, offers: list[str], reason: str
) -> None:
    report = concluded(Outcome(findings=finished({MUST: 1}, offers)), MUST, clause)

    assert verdicts(report) == ["PASS", "SKIPPED"]
    assert report.results[1].reason == reason
    assert (report.verdict, report.status) == (Verdict.PASS, 0)


@pytest.mark.parametrize("clause", [name for name, each in CLAUSES.items() if each.needs])
def test_every_capability_has_a_name_for_the_case_that_a_pool_lacks_it(clause: str) -> None:
    report = concluded(Outcome(findings=finished({MUST: 1}, offers=[])), MUST, clause)

    assert report.results[1].reason.startswith("the pool does not offer ")


@pytest.mark.parametrize(
    ("clauses", "verdict"),
    [
        ([NEEDS_A_BLOCK], "SKIPPED"),
        ([NEEDS_A_BLOCK, NEEDS_A_CLIENT], "SKIPPED"),
        ([SHOULD], "UNOBSERVED"),
    ],
)
def test_nothing_judged_is_never_0(clauses: list[str], verdict: str) -> None:
    report = concluded(Outcome(findings=finished({}, offers=[])), *clauses)

    assert set(verdicts(report)) == {verdict}
    assert (report.verdict, report.status) == (Verdict.UNOBSERVED, 3)


def test_no_clauses_at_all_are_never_0() -> None:
    assert concluded(Outcome(findings=finished({}))).status == 3


@pytest.mark.parametrize("broken", [MUST, SHOULD])
def test_a_kit_that_failed_is_4_even_beside_what_was_proven(broken: str) -> None:
    outcome = Outcome(proven(broken), failed=Failed("kit", "something"))

    report = concluded(outcome, broken, ANOTHER_MUST)

    assert verdicts(report) == ["FAIL", "ERROR"]
    assert (report.verdict, report.status) == (Verdict.ERROR, 4)
    assert report.results[1].reason == "poolproof failed before this clause could be judged"


def test_a_kit_that_failed_before_a_should_could_be_judged_has_failed_too() -> None:
    report = concluded(Outcome(proven(MUST), failed=Failed("kit", "something")), MUST, SHOULD)

    assert verdicts(report) == ["FAIL", "ERROR"]
    assert report.status == 4


def test_a_known_deviation_is_0_and_comes_with_its_reason_and_its_story() -> None:
    outcome = Outcome(proven(MUST), finished({MUST: 3, ANOTHER_MUST: 5}))

    report = concluded(outcome, MUST, ANOTHER_MUST, known={MUST: "by design"})

    assert verdicts(report) == ["KNOWN", "PASS"]
    assert report.results[0].reason == "by design"
    assert report.results[0].counterexample is not None
    assert (report.verdict, report.status) == (Verdict.KNOWN, 0)
    assert report.notes == ()


def test_a_known_deviation_does_not_excuse_another() -> None:
    outcome = Outcome({**proven(MUST), **proven(ANOTHER_MUST)}, finished({}))

    report = concluded(outcome, MUST, ANOTHER_MUST, known={MUST: "by design"})

    assert verdicts(report) == ["KNOWN", "FAIL"]
    assert report.status == 1


def test_a_known_deviation_that_passes_is_noted() -> None:
    outcome = Outcome(findings=finished({MUST: 3}))

    report = concluded(outcome, MUST, known={MUST: "by design"})

    assert verdicts(report) == ["PASS"]
    assert report.notes == (
        "ORD-1 is listed as a known deviation, but it passes: remove it from the list",
    )


def test_a_known_deviation_that_was_not_observed_is_not_excused() -> None:
    report = concluded(Outcome(findings=finished({})), MUST, known={MUST: "by design"})

    assert verdicts(report) == ["UNOBSERVED"]
    assert (report.status, report.notes) == (3, ())


def test_a_target_that_died_leaves_what_was_proven_and_the_rest_unknown() -> None:
    outcome = Outcome(
        proven(MUST), last=Working("running programs", 9), died="the target was ended by SIGKILL"
    )

    report = concluded(outcome, MUST, ANOTHER_MUST, NEEDS_A_BLOCK)

    assert verdicts(report) == ["FAIL", "UNOBSERVED", "UNOBSERVED"]
    assert [result.observed for result in report.results] == [1, 0, 0]
    assert report.results[1].reason == "the target was ended by SIGKILL"
    assert (report.verdict, report.status, report.programs) == (Verdict.FAIL, 1, 9)
    assert report.notes == ("the target was ended by SIGKILL",)


def test_a_target_that_died_before_anything_was_proven_is_3() -> None:
    report = concluded(Outcome(died="the target left the process with status 0"), MUST, SHOULD)

    assert verdicts(report) == ["UNOBSERVED", "UNOBSERVED"]
    assert report.status == 3


def test_time_that_was_up_is_noted() -> None:
    report = concluded(Outcome(findings=finished({MUST: 3}, cut_short=True)), MUST)

    assert report.status == 0
    assert report.notes == (
        "not all programs were run: they take longer than this budget gives them",
    )


def test_the_exit_statuses_are_those_of_the_documentation() -> None:
    assert {status.name: status.value for status in Status} == {
        "UPHELD": 0,
        "BROKEN": 1,
        "BAD_INPUT": 2,
        "UNKNOWN": 3,
        "KIT_FAILED": 4,
    }
