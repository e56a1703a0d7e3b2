"""The modes are judged one after another, and told in one table and in one file."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from report_schema import ModeJson, ReportJson, schema

from poolproof.conformance import cli as command_line
from poolproof.conformance.cli import mode_by_mode
from poolproof.conformance.cli import run as running
from poolproof.conformance.counterexample import Counterexample, Row
from poolproof.conformance.report.outcome import Failed, Findings, Outcome, Working
from poolproof.conformance.server import Server
from poolproof.conformance.worker.environment import Environment, EnvironmentFailed
from poolproof.conformance.worker.messages import Job

CLAUSES = ("ORD-1", "BND-1", "BND-2")


pytestmark = pytest.mark.usefixtures("signals_stay")

Supervised = Callable[[Job, Environment], Outcome]


def outcome(*broken: str, unobserved: str | None = None) -> Outcome:
    """All other clauses were observed, and these were broken."""
    proven = {name: Counterexample(name, (Row("a pool is built"),), "it failed") for name in broken}
    observed = dict.fromkeys([name for name in CLAUSES if name != unobserved], 3)
    return Outcome(
        proven, findings=Findings(observed, [], [], 5, False, False, {"client": "redis 1"}, [])
    )


def refuses(words: str) -> Outcome:
    return Outcome(failed=Failed("target", words))


def protocol(job: Job) -> str | None:
    return next((pair.partition("=")[2] for pair in job.extra if "protocol" in pair), None)


class TestJudging:
    @pytest.fixture(autouse=True)
    def _imagined(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Environments that are not made, and no Python but ours."""
        self.made: list[tuple[str, ...]] = []

        @contextmanager
        def throw_away(requirements: Sequence[str], python: str | None) -> Iterator[Environment]:
            self.made.append((*requirements, *([python] if python else [])))
            yield Environment(python or "here", {"WITH": " ".join(requirements)})
            self.made.append(("removed",))

        monkeypatch.setattr(running, "throw_away", throw_away)
        monkeypatch.setattr(mode_by_mode, "other_pythons", list)
        monkeypatch.setattr(mode_by_mode, "find_spec", lambda _: None)
        monkeypatch.setattr(mode_by_mode, "requirements_of", lambda _: ["redis==1"])

    @pytest.fixture
    def run(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> Callable[..., Result]:
        self.path = tmp_path / "report.json"

        def run(judge: Supervised, *arguments: str) -> Result:
            def supervise(
                job: Job, show: Callable[[Working], None], environment: Environment
            ) -> Outcome:
                show(Working("running programs", 0))
                return judge(job, environment)

            monkeypatch.setattr(running, "supervise", supervise)
            url = ["--redis-url", server.address(), "--only", ",".join(CLAUSES)]
            words = ["check", "some:Pool", "--modes", *url, "--json", str(self.path), *arguments]
            return CliRunner().invoke(command_line.main, words, catch_exceptions=False)

        return run

    def json(self) -> list[ReportJson]:
        content: list[ReportJson] = json.loads(self.path.read_text("utf-8"))
        for report in content:
            jsonschema.validate(report, schema())
        return content

    def modes(self) -> list[ModeJson]:
        return [report["mode"] for report in self.json()]

    def test_what_differs_is_told_clause_by_mode_and_the_worst_mode_counts(
        self, run: Callable[..., Result]
    ) -> None:
        ran = run(lambda job, _: outcome() if protocol(job) == "2" else outcome("BND-1"))

        assert ran.exit_code == 1
        table = [
            line.split()[:7] for line in ran.stdout.splitlines() if " FAIL  PASS  FAIL" in line
        ]
        assert table == [["BND-1", *["FAIL", "PASS", "FAIL"] * 2]]
        assert "mode 2 alone: poolproof check some:Pool --set protocol=2 --redis-url" in ran.stdout
        assert "--set protocol=3 --with redis==1 --with hiredis --redis-url" in ran.stdout
        assert [report["verdict"] for report in self.json()] == ["FAIL", "PASS", "FAIL"] * 2
        assert [mode["protocol"] for mode in self.modes()] == ["default", "2", "3"] * 2
        assert [mode["hiredis"] for mode in self.modes()] == [*["without"] * 3, *["with"] * 3]

    @pytest.mark.parametrize(
        ("has", "differs"),
        [
            (lambda job, _: protocol(job) == "2", "protocol alone: default PASS, 2 FAIL, 3 PASS"),
            (lambda _, environment: environment.changes, "hiredis alone: without PASS, with FAIL"),
        ],
    )
    def test_what_the_verdicts_on_a_clause_differ_by_is_said_if_it_is_one_thing_alone(
        self,
        has: Callable[[Job, Environment], object],
        differs: str,
        run: Callable[..., Result],
    ) -> None:
        ran = run(lambda job, where: outcome("BND-2") if has(job, where) else outcome())

        assert f"\nBND-2 differs by {differs}.\n" in ran.stdout

    def test_and_is_not_if_it_takes_two_or_none(self, run: Callable[..., Result]) -> None:
        def judge(job: Job, environment: Environment) -> Outcome:
            both = protocol(job) == "2" and environment.changes
            return outcome("BND-2", "ORD-1") if both else outcome("ORD-1")

        assert "differs" not in run(judge).stdout

    def test_what_could_not_be_judged_in_any_mode_is_told(self, run: Callable[..., Result]) -> None:
        ran = run(lambda *_: outcome(unobserved="BND-2"))

        assert ran.exit_code == 3
        assert [
            line.split()[0] for line in ran.stdout.splitlines() if "UNOBSERVED  UNOB" in line
        ] == ["BND-2"]

    def test_the_whole_verdict_comes_last(self, run: Callable[..., Result]) -> None:
        ran = run(lambda job, _: outcome("BND-1") if protocol(job) == "2" else outcome())

        assert ran.stdout.endswith("\n\nFAIL: 4 PASS, 2 FAIL (6 modes)\n")

    def test_the_command_for_a_mode_asks_for_the_same_clauses_and_the_same_seed(
        self, run: Callable[..., Result]
    ) -> None:
        ran = run(lambda *_: outcome(), "--seed", "7")

        commands = [line for line in ran.stdout.splitlines() if " alone: poolproof " in line]
        assert len(commands) == 6
        ends = " --budget standard --seed 7 --only ORD-1,BND-1,BND-2"
        assert all(command.endswith(ends) for command in commands)

    def test_what_fails_alike_everywhere_is_told_too(self, run: Callable[..., Result]) -> None:
        ran = run(lambda *_: outcome("ORD-1"))

        assert ran.exit_code == 1
        assert [line.split()[0] for line in ran.stdout.splitlines() if " FAIL  FAIL " in line] == [
            "ORD-1"
        ]

    def test_where_nothing_fails_that_is_said(self, run: Callable[..., Result]) -> None:
        ran = run(lambda *_: outcome())

        assert ran.exit_code == 0
        assert "No clause fails in any mode, and all are judged alike in all of them." in ran.stdout

    def test_modes_that_need_the_same_environment_share_it(
        self, run: Callable[..., Result]
    ) -> None:
        within: list[str | None] = []

        def judge(_: Job, environment: Environment) -> Outcome:
            within.append(environment.changes.get("WITH"))
            return outcome()

        run(judge)

        assert within == [None] * 3 + ["redis==1 hiredis"] * 3
        assert self.made == [("redis==1", "hiredis"), ("removed",)]

    def test_a_mode_that_the_pool_refuses_is_skipped_and_never_a_failure(
        self, run: Callable[..., Result]
    ) -> None:
        ran = run(lambda job, _: refuses("it takes no protocol") if protocol(job) else outcome())

        assert ran.exit_code == 0
        assert ran.stdout.count("SKIPPED  it takes no protocol") == 4
        assert "No clause fails in the modes that were judged, and all are" in ran.stdout
        assert [report["verdict"] for report in self.json()] == ["PASS", *["SKIPPED"] * 2] * 2
        assert self.json()[1]["notes"] == ["it takes no protocol"]
        assert self.json()[4]["notes"] == [
            "it takes no protocol (in an environment that has only redis==1, hiredis)"
        ]

    def test_so_is_one_whose_environment_cannot_be_had(
        self, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def throw_away(*_: object) -> AbstractContextManager[Environment]:
            raise EnvironmentFailed("there is no hiredis")

        monkeypatch.setattr(running, "throw_away", throw_away)

        ran = run(lambda *_: outcome())

        assert ran.exit_code == 0
        assert ran.stdout.count("there is no hiredis\n") == 3

    def test_a_pool_that_the_first_mode_shows_to_be_none_is_2(
        self, run: Callable[..., Result]
    ) -> None:
        ran = run(lambda *_: refuses("there is no such module"))

        assert ran.exit_code == 2
        assert ran.stderr.endswith("Error: there is no such module\n")
        assert ran.stdout == ""
        assert not self.path.exists()

    def test_to_end_the_process_is_not_to_refuse_a_mode(self, run: Callable[..., Result]) -> None:
        ran = run(
            lambda job, _: Outcome(died="the target was ended") if protocol(job) else outcome()
        )

        assert ran.exit_code == 3
        assert [report["verdict"] for report in self.json()] == ["PASS", *["UNOBSERVED"] * 2] * 2

    def test_a_python_that_is_named_is_a_mode(
        self, run: Callable[..., Result], tmp_path: Path
    ) -> None:
        other = tmp_path / "python"
        other.write_text("#!/bin/sh\necho CPython 3.99.0\n")
        other.chmod(0o755)
        pythons: list[str] = []

        def judge(_: Job, environment: Environment) -> Outcome:
            pythons.append(environment.python)
            return outcome()

        ran = run(judge, "--python", str(other))

        assert pythons[6:] == [str(other)]
        assert self.made[2:] == [("redis==1", str(other)), ("removed",)]
        assert self.modes()[6]["python"] == "3.99.0"
        assert (
            f"poolproof check some:Pool --with redis==1 --python {other} --redis-url" in ran.stdout
        )
