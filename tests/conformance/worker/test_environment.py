"""A pool is judged in an environment of its own, which is removed whatever happens."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from importlib import metadata
from pathlib import Path

import pytest
from wheels import wheel, wheel_of_installed

from poolproof.conformance.server import Server
from poolproof.conformance.worker import environment
from poolproof.conformance.worker.environment import EnvironmentFailed, throw_away

POOLPROOF = Path(sys.executable).with_name("poolproof")

PATIENCE_S = 120.0

ALONE = """
from importlib.util import find_spec
assert find_spec("click") is None, "the packages around the kit can be seen"
"""

LAX = f"{ALONE}\nfrom redis import BlockingConnectionPool as Pool\n"

STRICT = f"{ALONE}\nfrom poolproof.reference_pool import ConnectionPool as Pool\n"


pytestmark = pytest.mark.xdist_group("environment")  # one worker makes what they share


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pool, a newer version that errs less, and what the worker needs."""
    folder = tmp_path_factory.mktemp("wheels")
    wheel(folder, "tinypool", "1.0", {"tinypool.py": LAX})
    wheel(folder, "tinypool", "2.0", {"tinypool.py": STRICT})
    for name in ("hypothesis", "sortedcontainers", "attrs", "redis", "async-timeout"):
        try:
            wheel_of_installed(folder, name)
        except metadata.PackageNotFoundError:
            continue
    return folder


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where temporary files are made."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def variables(index: Path, scratch: Path) -> Mapping[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PIP_")},
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "TMPDIR": str(scratch),
    }


@pytest.fixture
def silent() -> Iterator[tuple[str, threading.Event]]:
    """The address of a wheel on a server that never answers, and what is set when it is asked for."""
    asked = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def listen() -> None:
            kept = []
            try:
                while True:
                    kept.append(listener.accept())
                    asked.set()
            except OSError:
                for connection, _ in kept:
                    connection.close()

        listening = threading.Thread(target=listen)
        listening.start()
        port = listener.getsockname()[1]
        yield f"http://127.0.0.1:{port}/tinypool-3.0-py3-none-any.whl", asked
        listener.shutdown(socket.SHUT_RDWR)
        listening.join(PATIENCE_S)


def check(
    variables: Mapping[str, str], cwd: Path, server: Server, target: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(str(POOLPROOF), "check", target, "--budget", "quick", "--only", "BND-4"),
            *("--redis-url", server.address(), *arguments),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def verdicts(output: str) -> Sequence[str]:
    return re.findall(r"^BND-4 +(\w+) +\d", output, re.MULTILINE)


def test_the_version_that_was_asked_for_is_judged_and_nothing_else_of_ours_is_there(
    variables: Mapping[str, str], scratch: Path, tmp_path: Path, server: Server
) -> None:
    run = check(variables, tmp_path, server, "tinypool:Pool", "--with", "tinypool==1.0")

    assert run.stderr.count("installing tinypool==1.0\n") == 1
    assert verdicts(run.stdout) == ["FAIL"]
    assert "environment: of its own, with tinypool==1.0\n" in run.stdout
    assert "again: poolproof check tinypool:Pool --with tinypool==1.0 --redis-url" in run.stdout
    assert list(scratch.iterdir()) == []


def test_a_target_in_the_current_directory_is_found_and_leaves_nothing_there(
    variables: Mapping[str, str], tmp_path: Path, scratch: Path, server: Server
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "mine.py").write_text("from tinypool import Pool as Mine")

    run = check(variables, folder, server, "mine:Mine", "--with", "tinypool<2")

    assert verdicts(run.stdout) == ["FAIL"]
    assert [path.name for path in folder.iterdir()] == ["mine.py"]
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("requirement", "says"),
    [
        (
            "tinypool==9.9",
            (
                "tinypool==9.9 could not be installed: No matching distribution found for "
                "tinypool==9.9; name what pip can install, as in --with 'redis==4.5.1'"
            ),
        ),
        (
            "redis==0.1",
            "redis==0.1 could not be installed: No matching distribution found for redis==0.1; name",
        ),
        ("tinypool==", "tinypool== could not be installed: Invalid requirement: 'tinypool=='"),
        ("hypothesis==1.0", "hypothesis==1.0 could not be installed: "),
        ("-rlist", "--with -rlist is no requirement; write it as --with 'redis==4.5.1'"),
        ("", "--with  is no requirement; write it as"),
    ],
)
def test_what_cannot_be_installed_is_one_sentence_and_2(
    requirement: str,
    says: str,
    variables: Mapping[str, str],
    tmp_path: Path,
    scratch: Path,
    server: Server,
) -> None:
    run = check(variables, tmp_path, server, "tinypool:Pool", f"--with={requirement}")

    assert run.returncode == 2
    _, _, told = run.stderr.partition("Error: ")
    assert told.startswith(says)
    assert told.count("\n") == 1
    assert run.stdout == ""
    assert list(scratch.iterdir()) == []


def test_a_target_that_is_not_there_is_told_with_what_is(
    variables: Mapping[str, str], tmp_path: Path, server: Server
) -> None:
    run = check(variables, tmp_path, server, "click:Pool", "--with", "tinypool")

    assert run.returncode == 2
    assert run.stderr.endswith(
        "Error: there is no module 'click'; install it, or run from the directory that holds it (in "
        "an environment that has only tinypool)\n"
    )


def test_a_password_in_a_requirement_is_not_told(
    variables: Mapping[str, str], tmp_path: Path, server: Server
) -> None:
    address = "tinypool @ http://user:s3cr3t@127.0.0.1:1/tinypool-1.0-py3-none-any.whl"
    quick = {**variables, "PIP_RETRIES": "0"}

    run = check(quick, tmp_path, server, "tinypool:Pool", "--with", address)

    assert run.returncode == 2
    assert "could not be installed" in run.stderr
    assert "s3cr3t" not in run.stdout + run.stderr


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_nothing_is_left_after_an_interruption_of_the_installation(
    sent: signal.Signals,
    status: int,
    silent: tuple[str, threading.Event],
    variables: Mapping[str, str],
    scratch: Path,
    server: Server,
) -> None:
    address, asked = silent
    with subprocess.Popen(
        [
            *(str(POOLPROOF), "check", "tinypool:Pool", "--redis-url", server.address()),
            *("--with", address),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
    ) as command:
        assert asked.wait(PATIENCE_S)
        command.send_signal(sent)
        output, errors = command.communicate(timeout=PATIENCE_S)

    assert command.returncode == status
    assert "Traceback" not in output + errors
    assert list(scratch.iterdir()) == []


def test_an_installation_has_a_bound(
    silent: tuple[str, threading.Event],
    variables: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(environment, "INSTALL_S", 1.0)
    address, _ = silent

    with (
        pytest.raises(EnvironmentFailed, match="an environment was not ready within 1 s; see that"),
        throw_away([address]),
    ):
        raise AssertionError


def test_it_does_without_a_pip_of_ours(
    variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(environment, "_has_pip", lambda: False)

    with throw_away(["tinypool==1.0"]) as made:
        ask = "import tinypool, hypothesis, poolproof.conformance.worker.worker; print('all there')"
        said = subprocess.run(
            [made.python, "-c", ask],
            env={**variables, **made.changes},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    assert (said.stdout, said.stderr) == ("all there\n", "")
    assert not Path(made.python).exists()


def test_a_python_that_cannot_make_one_is_told(tmp_path: Path) -> None:
    lame = tmp_path / "python"
    lame.write_text("#!/bin/sh\necho 'No module named venv' >&2\nexit 1\n")
    lame.chmod(0o755)

    with (
        pytest.raises(
            EnvironmentFailed, match="cannot make a virtual environment: No module named"
        ),
        throw_away([], str(lame)),
    ):
        raise AssertionError
