"""No credential is in anything that the command shows, writes or starts."""

from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path

from poolproof.conformance.server import Server

from .running import PATIENCE_S, SECRETS, USER, Judged, check, complaint, poolproof, verdicts


class TestSecrets:
    @staticmethod
    def leaks(*texts: str) -> list[str]:
        return [secret for secret in SECRETS if any(secret in text for text in texts)]

    def test_they_are_neither_in_the_report_nor_in_the_command_to_see_it_again(
        self, checks: Mapping[str, Future[Judged]]
    ) -> None:
        leaking = checks["leaking"].result(PATIENCE_S)

        assert leaking.status == 1
        assert verdicts(leaking.output) == {"TMO-1": "FAIL", "SEC-1": "FAIL"}
        # What SEC-1 tells of are secrets made up for it. Ours come in what breaks TMO-1.
        assert "no connection for ['***', \"***\"] *** ***" in leaking.json["clauses"][0]["reason"]
        assert "--redis-url 'redis://***@" in leaking.output
        assert leaking.json["verdict"] == "FAIL"
        assert self.leaks(leaking.output, leaking.errors, leaking.written) == []

    def test_they_are_not_in_what_the_target_said_before_it_failed(self, guarded: str) -> None:
        url = ["--redis-url", guarded, "--budget", "quick"]

        run = poolproof("check", "awkward:TellsItsPasswordAndFails", *url)

        assert run.returncode == 2
        assert "The target printed last:\n" in run.stderr
        assert "could not be built and used: ConnectionError: no connection for" in run.stderr
        assert "***" in run.stderr
        assert self.leaks(run.stdout, run.stderr) == []
        assert "wörd" not in run.stderr

    def test_nobody_who_lists_processes_sees_them(self, guarded: str, tmp_path: Path) -> None:
        notes = tmp_path / "notes"

        run = poolproof(
            *("check", "awkward:Leaves", "--redis-url", guarded, "--budget", "quick"),
            environment={"POOLPROOF_TEST_NOTES": str(notes)},
        )

        assert run.returncode == 3
        argv = next(line for line in notes.read_text().splitlines() if line.startswith("argv "))
        assert "poolproof.conformance.worker.worker" in argv
        assert self.leaks(argv) == []

    def test_a_server_that_refuses_them_does_not_show_them(self, guarded: str) -> None:
        wrong = guarded.replace("pa%40ss", "wr%40ng")

        run = poolproof("check", "redis:BlockingConnectionPool", "--redis-url", wrong)

        assert run.returncode == 2
        assert complaint(run.stderr)
        for secret in (USER, "al%25ice", "wr@ng", "wr%40ng"):
            assert secret not in run.stdout + run.stderr

    def test_arguments_that_hold_secrets_are_kept_as_well(
        self, checks: Mapping[str, Future[Judged]]
    ) -> None:
        given = checks["given a token"].result(PATIENCE_S)

        assert given.status == 1
        assert "ConnectionError: no connection for ***" in given.output
        assert "--set 'token=***'" in given.output
        assert "s3cr3t" not in given.output + given.errors + given.written

    def test_so_are_arguments_that_the_pool_refuses(self, server: Server) -> None:
        run = check(server, "awkward:TellsItsToken", "--set", "token='refused s3cr3t'")

        assert run.returncode == 2
        assert "ValueError: *** is no token" in run.stderr
        assert "s3cr3t" not in run.stdout + run.stderr
