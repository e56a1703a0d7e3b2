"""Whatever a pool does to its process, the command ends in time, says what is known, and leaves
nothing behind. The pools are in `targets/awkward.py`."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from poolproof.conformance.report.outcome import Working
from poolproof.conformance.server import Server, obtain
from poolproof.conformance.worker.messages import Job, decode, encode
from poolproof.conformance.worker.supervisor import supervise

TARGETS = Path(__file__).parents[1] / "targets"
POOLPROOF = Path(sys.executable).with_name("poolproof")

LINUX = Path("/proc/self").exists()

PATIENCE_S = 120.0
"""Longer than any run may take, so that a run that hangs is told from a slow machine."""

AWKWARD = (
    "HangsWhenExhausted",
    "HangsInRelease",
    "HangsWhenBuilt",
    "HangsInAcquire",
    "LastInFirstOutAndThenLeaves",
    "LeavesWhenBuilt",
    "Leaves",
    "LeavesWithAForkBehind",
    "IsKilled",
    "IsKilledNamelessly",
    "ClosesWhatIsOpen",
    "WritesIntoWhatIsOpen",
    "EndsTheServer",
    "SystemExitInAcquire",
    "KeyboardInterruptInAcquire",
    "ShowsWhatNoTerminalCan",
    "StartsThreadsThatNeverEnd",
    "PrintsWithoutEnd",
)


@dataclass(frozen=True)
class Run:
    """What one run of the command left."""

    status: int
    output: str
    errors: str
    notes: str
    memory_kb: int
    """How much the command or a process of its took at most."""

    @property
    def complaint(self) -> str:
        """What the command says after its progress."""
        return self.errors.partition("Error: ")[2].strip()

    def verdict(self, clause: str) -> str:
        rows = [line.split() for line in self.output.splitlines() if line.startswith(f"{clause} ")]
        return rows[0][1]


def run(target: str, folder: Path) -> Run:
    """Judge one pool, with a server of its own, since others are judged at the same time."""
    out, errors, notes = (folder / f"{target}.{kind}" for kind in ("out", "errors", "notes"))
    command = [str(POOLPROOF), "check", f"awkward:{target}", "--budget", "quick"]
    environment = {**os.environ, "POOLPROOF_SERVER": "embedded", "POOLPROOF_TEST_NOTES": str(notes)}
    with (
        out.open("wb") as to_out,
        errors.open("wb") as to_errors,
        subprocess.Popen(
            [*command, "--only", "ORD-1,BND-2,TMO-2,RET-5"],
            stdout=to_out,
            stderr=to_errors,
            env=environment,
            cwd=TARGETS,
        ) as process,
    ):
        guard = threading.Timer(PATIENCE_S, process.kill)
        guard.start()
        _, status, usage = os.wait4(process.pid, 0)
        guard.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        process.returncode,
        out.read_text(),
        errors.read_text(),
        notes.read_text(),
        usage.ru_maxrss,
    )


pytestmark = pytest.mark.xdist_group("supervisor")  # one worker makes what they share


@pytest.fixture(scope="module", autouse=True)
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Future[Run]]]:
    """Several at a time, from the first test on: most of them wait most of the time."""
    folder = tmp_path_factory.mktemp("awkward")
    with ThreadPoolExecutor(4) as executor:
        yield {target: executor.submit(run, target, folder) for target in AWKWARD}


def ran(runs: Mapping[str, Future[Run]], target: str) -> Run:
    return runs[target].result(2 * PATIENCE_S)


def exists(process: int) -> bool:
    """Whether there is such a process, and more than its death certificate."""
    with suppress(FileNotFoundError, ProcessLookupError):
        if LINUX:
            return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        os.kill(process, 0)
        return True
    return False


def remaining(notes: str) -> set[int]:
    """The processes that were noted and do not end."""
    words = [line.split() for line in notes.splitlines()]
    processes = {int(word[1]) for word in words if word[0] == "process"}
    assert processes
    give_up_s = monotonic() + 20
    while any(map(exists, processes)) and monotonic() < give_up_s:
        Event().wait(0.01)
    return {process for process in processes if exists(process)}


@pytest.fixture
def own_server() -> Iterator[Server]:
    with obtain(source="embedded") as server:
        yield server


def job(target: str, server: Server) -> Job:
    return Job(target, server, ["ORD-1"], "quick", 0, [])


def test_a_pool_that_lets_nobody_else_run_is_ended(
    own_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(TARGETS)
    monkeypatch.setenv("POOLPROOF_TEST_NOTES", str(tmp_path / "notes"))

    outcome = supervise(job("awkward:HoldsTheInterpreter", own_server), print, silence_s=8)

    assert outcome.died == "the target stopped responding while it was running programs"
    assert outcome.findings is None
    assert remaining((tmp_path / "notes").read_text()) == set()


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, ValueError])
def test_the_worker_ends_however_the_supervisor_is_left(
    own_server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    interrupt: type[BaseException],
) -> None:
    monkeypatch.chdir(TARGETS)
    monkeypatch.setenv("POOLPROOF_TEST_NOTES", str(tmp_path / "notes"))

    def interrupted(working: Working) -> None:
        if working.programs > 0:
            raise interrupt

    with pytest.raises(interrupt):
        supervise(job("awkward:Watched", own_server), interrupted)

    assert remaining((tmp_path / "notes").read_text()) == set()


def test_a_worker_ends_with_its_supervisor(own_server: Server, tmp_path: Path) -> None:
    """The supervisor cannot end it when it is itself killed; the worker sees its input close."""
    receive, send = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "poolproof.conformance.worker.worker", str(send)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[send],
        cwd=TARGETS,
    ) as worker:
        os.close(send)
        assert worker.stdin is not None
        worker.stdin.write(encode(job("awkward:HangsWhenBuilt", own_server)).encode() + b"\n")
        worker.stdin.flush()
        with os.fdopen(receive, "rb") as messages:
            assert decode(messages.readline()) == Working("loading the target", 0)
            worker.stdin.close()

            assert worker.wait(PATIENCE_S) == 1


def test_the_end_of_what_the_target_printed_is_kept(
    own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(TARGETS)

    outcome = supervise(job("awkward:TellsItsPasswordAndFails", own_server), print)

    assert outcome.failed is not None
    assert outcome.output.endswith("None None\n" * 10)
    assert len(outcome.output) == 4000


@pytest.mark.parametrize("target", AWKWARD)
def test_no_process_of_the_run_remains(runs: Mapping[str, Future[Run]], target: str) -> None:
    assert remaining(ran(runs, target).notes) == set()


@pytest.mark.parametrize("target", AWKWARD)
def test_nobody_gets_to_see_our_own_workings(runs: Mapping[str, Future[Run]], target: str) -> None:
    assert "Traceback" not in ran(runs, target).output + ran(runs, target).errors


@pytest.mark.parametrize("target", ["HangsWhenBuilt", "HangsInAcquire"])
def test_a_pool_that_hangs_before_anything_can_be_judged_is_bad_input(
    runs: Mapping[str, Future[Run]], target: str
) -> None:
    assert ran(runs, target).status == 2
    assert ran(runs, target).complaint == (
        "the pool could not be built and used within 12 s; use it by hand to see where it hangs"
    )
    assert ran(runs, target).output == ""


def test_a_pool_that_leaves_before_anything_can_be_judged_is_bad_input(
    runs: Mapping[str, Future[Run]],
) -> None:
    assert ran(runs, "LeavesWhenBuilt").status == 2
    assert ran(runs, "LeavesWhenBuilt").complaint == (
        "the target left the process with status 7, before anything could be judged; use it by hand "
        "to see why"
    )


@pytest.mark.parametrize(
    ("target", "broken"), [("HangsWhenExhausted", "TMO-2"), ("HangsInRelease", "RET-5")]
)
def test_a_pool_that_hangs_in_one_situation_is_judged_in_the_others(
    runs: Mapping[str, Future[Run]], target: str, broken: str
) -> None:
    hangs = ran(runs, target)

    assert hangs.status == 1
    assert hangs.verdict("BND-2") == "PASS"
    assert hangs.verdict(broken) == "FAIL"


def test_what_was_proven_before_a_pool_leaves_counts(runs: Mapping[str, Future[Run]]) -> None:
    leaves = ran(runs, "LastInFirstOutAndThenLeaves")

    assert leaves.status == 1
    assert leaves.verdict("ORD-1") == "FAIL"
    assert leaves.verdict("TMO-2") == "UNOBSERVED"
    assert "Note: the target left the process with status 7." in leaves.output


@pytest.mark.parametrize(
    ("target", "how"),
    [
        ("ClosesWhatIsOpen", "(left the process with status 1|closed its connection to poolproof)"),
        ("Leaves", "left the process with status 7"),
        ("LeavesWithAForkBehind", "left the process with status 7"),
        ("IsKilled", "was ended by SIGKILL"),
        ("IsKilledNamelessly", f"was ended by signal {signal.SIGRTMIN + 6}"),
        ("WritesIntoWhatIsOpen", "wrote into a pipe that is poolproof's"),
    ],
)
def test_a_pool_that_leaves_is_unknown_in_the_rest_and_the_report_says_how_it_left(
    runs: Mapping[str, Future[Run]], target: str, how: str
) -> None:
    left = ran(runs, target)

    assert left.status == 3
    assert left.verdict("BND-2") == "UNOBSERVED"
    assert re.search(rf"^Note: the target {how}\.$", left.output, re.MULTILINE)


def test_a_server_that_is_ended_by_the_pool_is_no_verdict(runs: Mapping[str, Future[Run]]) -> None:
    assert ran(runs, "EndsTheServer").status == 3
    assert "stopped answering during the check" in ran(runs, "EndsTheServer").complaint


@pytest.mark.parametrize(
    "target",
    ["SystemExitInAcquire", "KeyboardInterruptInAcquire", "ShowsWhatNoTerminalCan"],
)
def test_whatever_an_acquire_raises_it_is_a_verdict(
    runs: Mapping[str, Future[Run]], target: str
) -> None:
    assert ran(runs, target).status == 1
    assert ran(runs, target).verdict("BND-2") == "FAIL"


def test_a_pool_may_leave_threads_behind(runs: Mapping[str, Future[Run]]) -> None:
    assert ran(runs, "StartsThreadsThatNeverEnd").status == 0


def test_a_pool_may_print_without_end(runs: Mapping[str, Future[Run]]) -> None:
    assert ran(runs, "PrintsWithoutEnd").status == 0
    assert len(ran(runs, "PrintsWithoutEnd").output) < 10_000
    if LINUX:
        assert ran(runs, "PrintsWithoutEnd").memory_kb < 300_000


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"garbage",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"null",
        b"{}",
        b'{"kind": "Job"}',
        b'{"kind": ["Working"]}',
        b'{"kind": "Working"}',
        b'{"kind": "Working", "doing": "", "programs": 0, "more": 1}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_known_as_such(line: bytes) -> None:
    assert decode(line) is None
