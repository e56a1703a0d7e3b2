"""The command, run as its users run it: verdicts, exit statuses, JSON, complaints and secrets."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from redis import Redis

from poolproof.conformance import command_line
from poolproof.conformance.messages import Failed, Proven, Working
from poolproof.conformance.server import Server, obtain
from poolproof.conformance.supervisor import Outcome
from poolproof.spec import CHAPTERS, CLAUSES, Level

TARGETS = Path(__file__).with_name("targets")
POOLPROOF = Path(sys.executable).with_name("poolproof")

PATIENCE_S = 120.0
"""Longer than any run may take, so that a run that hangs is told from a slow machine."""

Completed = subprocess.CompletedProcess[str]


def poolproof(
    *arguments: str, cwd: Path = TARGETS, environment: Mapping[str, str] | None = None
) -> Completed:
    return subprocess.run(
        [str(POOLPROOF), *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        check=False,
    )


def check(server: Server, target: str, *arguments: str, cwd: Path = TARGETS) -> Completed:
    url = ["--redis-url", server.address()]
    return poolproof("check", target, "--budget", "quick", *url, *arguments, cwd=cwd)


def verdicts(output: str) -> dict[str, str]:
    """What the tables of a report say about each clause."""
    rows = [line.split() for line in output.splitlines() if re.match(r"[A-Z]+-\d+ +\w+ +\d", line)]
    return {row[0]: row[1] for row in rows}


def complaint(errors: str) -> str:
    """The one sentence in which the command says what is wrong."""
    assert "Traceback" not in errors
    assert "Warning" not in errors
    assert "never awaited" not in errors
    _, found, told = errors.partition("Error: ")
    assert found
    return told.strip()


USER, PASSWORD = "al%ice", "pa@ss 'wörd'"
IN_URL = "al%25ice:pa%40ss%20'w%C3%B6rd'"
SECRETS = [USER, PASSWORD, *IN_URL.split(":"), "pa%40ss+", r"pa@ss \'", r"pa@ss 'w\u00f6rd"]


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """The URL of a server that wants credentials."""
    with obtain(source="embedded") as server:
        admin = Redis(host=server.host, port=server.port)
        admin.acl_setuser(
            USER, enabled=True, passwords=[f"+{PASSWORD}"], categories=["+@all"], keys=["*"]
        )
        admin.config_set("requirepass", "another")
        admin.close()
        yield f"redis://{IN_URL}@{server.host}:{server.port}/0"


@dataclass(frozen=True)
class Judged:
    """A check that came to its end."""

    status: int
    output: str
    errors: str
    written: str

    @property
    def json(self) -> Any:
        content = json.loads(self.written)
        schema = files("poolproof.conformance").joinpath("report.schema.json").read_text("utf-8")
        jsonschema.validate(content, json.loads(schema))
        return content


REDIS, REFERENCE = "redis:BlockingConnectionPool", "poolproof.reference_pool:ConnectionPool"


@pytest.fixture(scope="module", autouse=True)
def checks(
    server: Server, guarded: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Judged]]]:
    """Checks that are made side by side, from the first test on: they wait most of the time."""
    folder = tmp_path_factory.mktemp("checks")
    (folder / "known.toml").write_text('[known]\nORD-1 = "last in, first out"\nBND-1 = "no"\n')

    def judge(name: str, target: str, *arguments: str, url: str = server.address()) -> Judged:
        path = folder / f"{name}.json"
        path.write_text("of yesterday")
        arguments = ("--budget", "quick", "--json", str(path), "--redis-url", url, *arguments)
        run = poolproof("check", target, *arguments)
        return Judged(run.returncode, run.stdout, run.stderr, path.read_text("utf-8"))

    def judge_again(first: Future[Judged]) -> Judged:
        again = first.result(PATIENCE_S).json["clauses"][0]["counterexample"]["reproduce"]
        program, *arguments = shlex.split(again)
        assert program == "poolproof"
        run = poolproof(*arguments)
        return Judged(run.returncode, run.stdout, run.stderr, "")

    with ThreadPoolExecutor(4) as executor:
        start = executor.submit
        broken = start(judge, "broken", REDIS, "--only", "ord-1")
        yield {
            "broken": broken,
            "upheld": start(
                judge, "upheld", REFERENCE, "--only", "ORD-1, BND-1", "--only", "TMO-2"
            ),
            "known": start(
                judge,
                "known",
                REDIS,
                *("--only", "ORD-1,BND-1,BND-4", "--known", str(folder / "known.toml")),
            ),
            "leaking": start(
                judge, "leaking", "awkward:TellsItsPassword", "--only", "SEC-1,TMO-1", url=guarded
            ),
            "unknown": start(judge, "unknown", "redis:ConnectionPool", "--only", "TMO-2,RET-6"),
            "given a token": start(
                judge,
                "given a token",
                "awkward:TellsItsToken",
                *("--set", "token=s3cr3t", "--only", "TMO-1"),
            ),
            "again": start(judge_again, broken),
        }


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
        command = self.judged("broken").json["clauses"][0]["counterexample"]["reproduce"]

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
        run = check(server, "awkward:Leaves", "--level", "observable")

        assert run.returncode == 3
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


CHECK_REDIS = ("check", REDIS)


class TestBadCommandLine:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--only", "ORD-99"], "there is no clause ORD-99; `poolproof clauses` lists them all"),
            (["--only", "ORD-1;RET-3"], "there is no clause ORD-1;RET-3; `poolproof clauses`"),
            (["--only", ""], "--only names no clause; write it as --only ORD-1,RET-3"),
            (["--only", " , "], "--only names no clause; write it as --only ORD-1,RET-3"),
            (
                ["--only", "ORD-1", "--level", "observable"],
                "no clause is both named by --only and of the level asked for; drop one",
            ),
            (["--level", "high"], "Invalid value for '--level': 'high' is not one of 'core'"),
            (["--seed", "-1"], "Invalid value for '--seed': -1 is not in the range x>=0."),
            (["--seed", "many"], "Invalid value for '--seed': 'many' is not a valid integer"),
            (["--budget", "huge"], "Invalid value for '--budget': 'huge' is not one of 'quick'"),
            (["--no-such-option"], "No such option"),
            (["another:Target"], "Got unexpected extra argument (another:Target)"),
            (["--set", "protocol"], "--set protocol is not a pair; write it as --set name=value"),
            (["--set", "host=here"], "--set host is not possible, because the kit varies host"),
            (["--known", "nowhere.toml"], "nowhere.toml cannot be read: No such file or directory"),
            (["--redis-url", "http://x"], "The Redis URL must begin with redis:// or valkey://"),
            (["--redis-url", "redis://127.0.0.1:1"], "No server can be reached at"),
            (["--json", "/no/such/folder/file"], "--json /no/such/folder/file cannot be written: "),
            (["--json", "."], "Invalid value for '--json': File '.' is a directory."),
        ],
    )
    def test_it_is_told_in_one_sentence_and_is_2(self, arguments: list[str], says: str) -> None:
        run = poolproof(*CHECK_REDIS, *arguments)

        assert run.returncode == 2
        assert complaint(run.stderr).startswith(says)
        assert "\n" not in complaint(run.stderr)
        assert run.stdout == ""

    def test_a_check_of_nothing_is_told(self) -> None:
        run = poolproof("check")

        assert run.returncode == 2
        assert complaint(run.stderr) == "Missing argument 'TARGET'."

    def test_a_list_of_deviations_that_is_none_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "known.toml").write_text("[known]\nORD-1 = ''\n")

        run = poolproof(*CHECK_REDIS, "--known", "known.toml", cwd=tmp_path)

        assert run.returncode == 2
        assert complaint(run.stderr) == (
            "known.toml gives no reason for ORD-1; write one, as a string"
        )

    @pytest.mark.parametrize("arguments", [["--only", "ORD-99"], ["--redis-url", "http://x"]])
    def test_no_old_json_is_left_to_be_taken_for_the_answer(
        self, arguments: list[str], tmp_path: Path
    ) -> None:
        path = tmp_path / "report.json"
        path.write_text("of yesterday")

        run = poolproof(*CHECK_REDIS, *arguments, "--json", str(path))

        assert run.returncode == 2
        assert not path.exists()

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    def test_a_report_that_cannot_be_written_in_the_end_is_told_beside_the_verdict(
        self, server: Server
    ) -> None:
        run = check(server, "awkward:Leaves", "--only", "BND-4", "--json", "/dev/full")

        assert run.returncode == 2
        assert complaint(run.stderr) == (
            "--json /dev/full cannot be written: No space left on device; name another file"
        )
        assert verdicts(run.stdout) == {"BND-4": "UNOBSERVED"}
        assert Path("/dev/full").exists()

    def test_a_link_to_a_report_is_not_replaced(self, tmp_path: Path, server: Server) -> None:
        (tmp_path / "link").symlink_to("report.json")
        (tmp_path / "report.json").write_text("of yesterday")

        run = check(
            server, "no_such_module:Pool", "--json", str(tmp_path / "link"), "--only", "BND-4"
        )

        assert run.returncode == 2
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "report.json").read_text() == ""


class TestBadTarget:
    @pytest.mark.parametrize(
        ("target", "says"),
        [
            ("no_such_module:Pool", "there is no module 'no_such_module'; install it, or run from"),
            ("redis", "'redis' is not the name of a target; write it as module:Name"),
            ("redis:Nothing", "there is no 'Nothing' in 'redis'; check the spelling"),
            ("redis:client", "redis:client is a module; name a pool class"),
            ("raising:Pool", "the module 'raising' could not be imported: RuntimeError: the moon"),
            ("leaving:Pool", "the module 'leaving' could not be imported: SystemExit: the moon"),
            (
                "interrupting:Pool",
                "the module 'interrupting' could not be imported: KeyboardInterr",
            ),
            ("misspelt:Pool", "the module 'misspelt' could not be imported: SyntaxError: invalid"),
            ("builtins:dict", "the target built a dict, which has no method get_connection and"),
            (
                "json:loads",
                (
                    "the pool could not be built and used: TypeError: loads() missing 1 required "
                    "positional argument: 's'; pass what its constructor needs with --set name=value"
                ),
            ),
            ("awkward:raises", "the pool could not be built and used: RuntimeError: the moon is"),
            ("awkward:exits", "the pool could not be built and used: SystemExit: the moon is full"),
            (
                "awkward:takes_no_host",
                (
                    "the pool could not be built and used: TypeError: takes_no_host() got an "
                    "unexpected keyword argument 'host'; name a pool that takes host, a function "
                    "that builds one from redis-py's arguments, or an adapter class"
                ),
            ),
            (
                "awkward:needs_more",
                (
                    "the pool could not be built and used: TypeError: needs_more() missing 1 required "
                    "keyword-only argument: 'region'; pass what its constructor needs with --set"
                ),
            ),
            ("awkward:IncompleteAdapter", "the adapter awkward:IncompleteAdapter lacks a method; "),
            (
                "adapters:OwnAdapter",
                "the first connection answered CLIENT ID with 'not a number'; ",
            ),
        ],
    )
    def test_it_is_told_in_one_sentence_and_is_2(
        self, target: str, says: str, server: Server, broken_modules: Path
    ) -> None:
        run = check(server, target, "--only", "ORD-1", cwd=broken_modules)

        assert run.returncode == 2
        assert complaint(run.stderr).startswith(says)
        assert "\n" not in complaint(run.stderr)
        assert run.stdout == ""

    @pytest.mark.parametrize(
        ("pair", "says"),
        [
            ("bogus=1", "got an unexpected keyword argument 'bogus'; leave out --set bogus, which"),
            ("queue_class=queue:Nothing", "there is no 'Nothing' in 'queue'; check the spelling"),
        ],
    )
    def test_an_argument_that_cannot_be_used_is_told(
        self, pair: str, says: str, server: Server
    ) -> None:
        run = check(server, "redis:BlockingConnectionPool", "--set", pair)

        assert run.returncode == 2
        assert says in complaint(run.stderr)
        assert "\n" not in complaint(run.stderr)

    @pytest.fixture
    def broken_modules(self, tmp_path: Path) -> Path:
        """A folder of targets with some that no linter would let stand among our own."""
        for module in TARGETS.glob("*.py"):
            (tmp_path / module.name).symlink_to(module)
        (tmp_path / "raising.py").write_text("raise RuntimeError('the moon is full')")
        (tmp_path / "leaving.py").write_text("import sys; sys.exit('the moon is full')")
        (tmp_path / "interrupting.py").write_text("raise KeyboardInterrupt")
        (tmp_path / "misspelt.py").write_text("def pool(:")
        return tmp_path


class TestInterruption:
    @pytest.fixture(autouse=True)
    def interruptible(self) -> Iterator[None]:
        """A command that is started in the background of a shell would be deaf to Ctrl-C."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)

    @pytest.mark.parametrize(
        ("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
    )
    def test_the_worker_and_the_server_end_with_the_command_and_the_status_says_why(
        self, sent: signal.Signals, status: int, tmp_path: Path
    ) -> None:
        notes = tmp_path / "notes"
        with subprocess.Popen(
            [str(POOLPROOF), "check", "awkward:Watched", "--budget", "thorough"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=TARGETS,
            env={
                **os.environ,
                "POOLPROOF_SERVER": "embedded",
                "POOLPROOF_TEST_NOTES": str(notes),
            },
        ) as command:
            guard = threading.Timer(PATIENCE_S, command.kill)
            guard.start()
            assert command.stderr is not None
            running = next(line for line in command.stderr if line.startswith("running programs"))
            noted = [line.split(maxsplit=1) for line in notes.read_text().splitlines()]
            port = next(int(word) for kind, word in noted if kind == "port")
            worker = next(int(word) for kind, word in noted if kind == "process")
            with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as connection:
                command.send_signal(sent)
                output, errors = command.communicate()
                with suppress(ConnectionResetError):
                    assert connection.recv(1) == b""
            guard.cancel()

        assert running
        assert command.returncode == status
        assert "Traceback" not in output + errors
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


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
        assert "poolproof.conformance.worker" in argv
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


class TestFailuresOfOurOwn:
    """What cannot be brought about from outside: the supervisor is replaced by one that errs."""

    @pytest.fixture(autouse=True)
    def signals_stay(self) -> Iterator[None]:
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        yield
        for number, handler in before.items():
            signal.signal(number, handler)

    @staticmethod
    def run(
        server: Server, monkeypatch: pytest.MonkeyPatch, outcome: Outcome | Exception
    ) -> Result:
        def supervise(*_: object) -> Outcome:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(command_line, "supervise", supervise)
        arguments = ["--only", "ORD-1,BND-1", "--redis-url", server.address()]
        return CliRunner().invoke(command_line.main, ["check", "some:Pool", *arguments])

    @pytest.mark.parametrize("error", [RuntimeError("oh"), OSError(28, "oh"), AssertionError("oh")])
    def test_an_error_of_the_command_itself_is_4_and_no_verdict(
        self, error: Exception, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = self.run(server, monkeypatch, error)

        assert run.exit_code == 4
        assert "Error: the kit failed; please report this:\nTraceback" in run.stderr
        assert run.stdout == ""

    def test_a_worker_that_fails_is_4(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outcome = Outcome(failed=Failed("kit", "Traceback: oh"), output="its last words\n")

        run = self.run(server, monkeypatch, outcome)

        assert run.exit_code == 4
        assert run.stderr.endswith(
            "Error: the kit failed; please report this:\nTraceback: oh\n"
            "The target printed last:\nits last words\n"
        )
        assert run.stdout == ""

    def test_a_worker_that_fails_late_does_not_hide_what_was_proven(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proven = Proven("ORD-1", ["a pool is built"], "it failed", None)
        outcome = Outcome({"ORD-1": proven}, failed=Failed("kit", "Traceback: oh"))

        run = self.run(server, monkeypatch, outcome)

        assert run.exit_code == 4
        assert "Error: the kit failed; please report this:\nTraceback: oh" in run.stderr
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


class TestClauses:
    def test_without_a_name_all_of_them_are_printed(self) -> None:
        run = poolproof("clauses")
        told = " ".join(run.stdout.split())

        assert run.returncode == 0
        for chapter in CHAPTERS:
            assert f"{chapter.title} {chapter.summary}" in told
            for clause in chapter.clauses:
                assert f"{clause.id} {clause.sentence}" in told

    @pytest.mark.parametrize("name", ["ORD-1", "ord-1", "Ord-1"])
    def test_one_is_printed_in_full(self, name: str) -> None:
        run = poolproof("clauses", name)
        told = " ".join(run.stdout.split())

        assert run.returncode == 0
        assert told == (
            f"ORD-1 MUST level core {CLAUSES['ORD-1'].sentence} "
            f"{' '.join(CLAUSES['ORD-1'].intent.split())}"
        )

    def test_one_that_needs_a_capability_says_so(self) -> None:
        run = poolproof("clauses", "RET-6")

        assert run.returncode == 0
        assert run.stdout.endswith("Skipped for a pool that does not offer context_manager.\n")

    @pytest.mark.parametrize("name", ["ORD-99", "order", ""])
    def test_one_that_does_not_exist_is_told(self, name: str) -> None:
        run = poolproof("clauses", name)

        assert run.returncode == 2
        assert complaint(run.stderr) == (
            f"there is no clause {name}; `poolproof clauses` lists them all"
        )


class TestHelp:
    @pytest.mark.parametrize("arguments", [["--help"], ["check", "-h"], ["clauses", "--help"]])
    def test_it_is_there(self, arguments: Sequence[str]) -> None:
        run = poolproof(*arguments)

        assert run.returncode == 0
        assert run.stdout.startswith("Usage: poolproof")

    def test_the_exit_statuses_are_told(self) -> None:
        told = " ".join(poolproof("check", "--help").stdout.split())

        assert (
            "Exit status: 0 all required clauses pass; 1 a MUST is broken; 2 bad input; 3 a required "
            "clause could not be judged; 4 the kit failed." in told
        )
