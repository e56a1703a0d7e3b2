"""What fails beside the pool is no verdict on it, and hides none."""

import pytest
from click.testing import CliRunner, Result

from poolproof.conformance import cli as command_line
from poolproof.conformance.cli import run as running
from poolproof.conformance.counterexample import Counterexample, Row
from poolproof.conformance.report.outcome import Failed, Outcome, Working
from poolproof.conformance.server import Server

from .running import check, complaint, verdicts


@pytest.mark.usefixtures("signals_stay")
class TestFailuresOfOurOwn:
    """What cannot be brought about from outside: the supervisor is replaced by one that errs."""

    @staticmethod
    def run(
        server: Server, monkeypatch: pytest.MonkeyPatch, outcome: Outcome | Exception
    ) -> Result:
        def supervise(*_: object) -> Outcome:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(running, "supervise", supervise)
        arguments = ["--only", "ORD-1,BND-1", "--redis-url", server.address()]
        return CliRunner().invoke(command_line.main, ["check", "some:Pool", *arguments])

    @pytest.mark.parametrize("error", [RuntimeError("oh"), OSError(28, "oh"), AssertionError("oh")])
    def test_an_error_of_the_command_itself_is_4_and_no_verdict(
        self, error: Exception, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = self.run(server, monkeypatch, error)

        assert run.exit_code == 4
        assert "Error: poolproof failed; please report this:\nTraceback" in run.stderr
        assert run.stdout == ""

    def test_a_worker_that_fails_is_4(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outcome = Outcome(failed=Failed("kit", "Traceback: oh"), output="its last words\n")

        run = self.run(server, monkeypatch, outcome)

        assert run.exit_code == 4
        assert run.stderr.endswith(
            "Error: poolproof failed; please report this:\nTraceback: oh\n"
            "The target printed last:\nits last words\n"
        )
        assert run.stdout == ""

    def test_a_worker_that_fails_late_does_not_hide_what_was_proven(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proven = Counterexample("ORD-1", (Row("a pool is built"),), "it failed")
        outcome = Outcome({"ORD-1": proven}, failed=Failed("kit", "Traceback: oh"))

        run = self.run(server, monkeypatch, outcome)

        assert run.exit_code == 4
        assert "Error: poolproof failed; please report this:\nTraceback: oh" in run.stderr
        assert verdicts(run.stdout) == {"ORD-1": "FAIL", "BND-1": "ERROR"}

    def test_a_target_that_died_late_is_judged_as_far_as_it_was_seen(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outcome = Outcome(
            last=Working("running programs", 1), died="the target was ended by SIGSEGV"
        )

        run = self.run(server, monkeypatch, outcome)

        assert run.exit_code == 3
        assert verdicts(run.stdout) == {"ORD-1": "UNOBSERVED", "BND-1": "UNOBSERVED"}

    def test_of_what_a_target_printed_the_end_is_told(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outcome = Outcome(failed=Failed("target", "it failed"), output="x" * 4000 + "the end")

        run = self.run(server, monkeypatch, outcome)

        assert run.exit_code == 2
        assert run.stderr.endswith("x" * 1993 + "the end\n")
        assert "x" * 1994 not in run.stderr


@pytest.mark.parametrize("clauses", ["ORD-1,BND-1", "RET-6"])
def test_an_adapter_that_fails_in_a_program_is_4_and_no_verdict_on_the_pool(
    clauses: str, server: Server
) -> None:
    run = check(server, "mistaken:Tires", "--only", clauses)

    assert run.returncode == 4
    assert complaint(run.stderr) == "the adapter failed: I am tired"
    assert verdicts(run.stdout) == {}


def test_an_adapter_for_asyncio_that_returns_at_once_is_2_and_no_verdict_on_the_pool(
    server: Server,
) -> None:
    run = check(server, "mistaken:ReturnsAtOnce", "--only", "CLS-3")

    assert run.returncode == 2
    assert complaint(run.stderr) == (
        "the method disconnect_pool of ReturnsAtOnce returned an object of type "
        "int, which cannot be awaited; write it as a coroutine"
    )
    assert verdicts(run.stdout) == {}


def test_an_adapter_for_asyncio_may_pass_on_what_is_awaited(server: Server) -> None:
    run = check(server, "mistaken:PassesOnWhatIsAwaited", "--only", "CLS-3")

    assert run.returncode == 0, run.stderr
    assert verdicts(run.stdout) == {"CLS-3": "PASS"}
