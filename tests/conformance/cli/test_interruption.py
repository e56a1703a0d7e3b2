"""A command that is interrupted leaves nothing behind, and its status says why."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from .running import PATIENCE_S, POOLPROOF, TARGETS

RAISES_SIGINT = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"


@pytest.mark.usefixtures("interruptible")
class TestInterruption:
    @pytest.mark.parametrize("module", ["click", "rich"])
    def test_who_leaves_while_it_is_still_imported_sees_no_traceback(
        self, module: str, tmp_path: Path
    ) -> None:
        (tmp_path / f"{module}.py").write_text(f"{RAISES_SIGINT}\nraise RuntimeError('went on')")

        run = self.run_in(tmp_path, "-m", "poolproof", "check", "redis:ConnectionPool")

        assert (run.returncode, run.stdout, run.stderr) == (130, "", "")

    def test_nor_does_who_leaves_when_it_is_over(self, tmp_path: Path) -> None:
        (tmp_path / "late.py").write_text(
            "import atexit, sys\n"
            "from poolproof.__main__ import main\n"
            f"atexit.register(lambda: exec({RAISES_SIGINT!r}))\n"
            "sys.argv[1:] = ['clauses', 'ORD-1']\n"
            "main()\n"
        )

        run = self.run_in(tmp_path, "-m", "late")

        assert run.stdout.startswith("ORD-1  MUST")
        assert (run.returncode, run.stderr) == (130, "")

    @staticmethod
    def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            env={**os.environ, "PYTHONPATH": path},
            check=False,
        )

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
