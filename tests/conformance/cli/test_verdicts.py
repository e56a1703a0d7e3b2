"""What checks say: verdicts, exit statuses and JSON."""

import os
import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path

import pytest

from poolproof.conformance.server import Server
from poolproof.spec import CLAUSES, Level

from .running import PATIENCE_S, POOLPROOF, REFERENCE, TARGETS, Judged, check, verdicts


class TestVerdicts:
    @pytest.fixture(autouse=True)
    def _made(self, checks: Mapping[str, Future[Judged]]) -> None:
        self.checks = checks

    def judged(self, name: str) -> Judged:
        return self.checks[name].result(PATIENCE_S)

    def test_a_pool_that_breaks_a_must_is_1(self) -> None:
        broken = self.judged("broken")

        assert broken.status == 1
        assert verdicts(broken.output) == {"ORD-1": "FAIL"}
        assert "although connection" in broken.output
        assert broken.output.splitlines()[-1].startswith("FAIL: 1 FAIL (")
        assert broken.json["verdict"] == broken.json["clauses"][0]["verdict"] == "FAIL"

    def test_the_command_that_is_printed_with_it_shows_it_again(self) -> None:
        command = self.judged("broken").reproduce

        assert f"again: {command}\n" in self.judged("broken").output
        assert self.judged("again").status == 1
        assert verdicts(self.judged("again").output) == {"ORD-1": "FAIL"}

    def test_a_pool_that_upholds_what_is_asked_for_is_0(self) -> None:
        upheld = self.judged("upheld")

        assert upheld.status == 0
        assert verdicts(upheld.output) == {"ORD-1": "PASS", "BND-1": "PASS", "TMO-2": "PASS"}
        assert upheld.output.splitlines()[-1].startswith("PASS: 3 PASS (")
        assert (upheld.json["verdict"], upheld.json["target"]) == ("PASS", REFERENCE)
        assert "given by --redis-url" in upheld.json["environment"]["server"]

    def test_a_clause_that_cannot_be_judged_is_3_and_the_report_says_why(self) -> None:
        unknown = self.judged("unknown")

        assert unknown.status == 3
        assert verdicts(unknown.output) == {"TMO-2": "UNOBSERVED", "RET-6": "SKIPPED"}
        assert "the pool takes no `timeout`" in unknown.output
        assert "the pool does not offer a `with pool.connection()` block" in unknown.output
        assert unknown.json["verdict"] == "UNOBSERVED"
        assert [clause["observed"] for clause in unknown.json["clauses"]] == [0, 0]

    def test_a_known_deviation_is_0_and_so_is_a_broken_should(self) -> None:
        known = self.judged("known")

        assert known.status == 0
        assert verdicts(known.output) == {"ORD-1": "KNOWN", "BND-1": "PASS", "BND-4": "FAIL"}
        assert "known: last in, first out" in known.output
        assert (
            "Note: BND-1 is listed as a known deviation, but it passes: remove it from the list."
            in known.output
        )
        assert known.json["verdict"] == "KNOWN"

    def test_progress_is_told_apart_from_the_report(self) -> None:
        for name in self.checks:
            assert re.fullmatch(r"([a-z ,]+(: \d+ so far)?\n)+", self.judged(name).errors)

    def test_only_the_clauses_of_a_level_are_judged_if_it_is_asked_for(
        self, server: Server
    ) -> None:
        run = check(server, "poolproof.reference_pool:ConnectionPool", "--level", "observable")

        assert run.returncode == 0
        assert list(verdicts(run.stdout)) == [
            clause.id for clause in CLAUSES.values() if clause.level is Level.OBSERVABLE
        ]

    def test_the_verdict_stands_though_nobody_reads_it(self, server: Server) -> None:
        read, write = os.pipe()
        os.close(read)
        try:
            run = subprocess.run(
                [
                    *(str(POOLPROOF), "check", "awkward:Leaves", "--budget", "quick"),
                    *("--redis-url", server.address()),
                ],
                stdout=write,
                stderr=subprocess.PIPE,
                text=True,
                timeout=PATIENCE_S,
                cwd=TARGETS,
                check=False,
            )
        finally:
            os.close(write)

        assert run.returncode == 3
        assert "Traceback" not in run.stderr
        assert "Broken" not in run.stderr

    def test_nothing_is_left_where_the_user_works(self, server: Server, tmp_path: Path) -> None:
        (tmp_path / "awkward.py").symlink_to(TARGETS / "awkward.py")

        run = check(server, "awkward:Leaves", cwd=tmp_path)

        assert run.returncode == 3
        assert {path.name for path in tmp_path.iterdir()} <= {"awkward.py", "__pycache__"}
