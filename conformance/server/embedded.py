"""A Redis server as a child process: for machines without Docker, and to be restarted."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .address import Address
from .child import LOOPBACK, PortTaken, first_that_works, free_port, running_program
from .errors import ServerError

PORTS_TO_TRY = 5


@contextmanager
def embedded_server() -> Iterator[tuple[Address, str]]:
    """Run the first server program that works here, and say which one it is."""
    with first_that_works(_server) as started:
        yield started


@contextmanager
def _server(program: Path, name: str) -> Iterator[tuple[Address, str]]:
    with TemporaryDirectory(prefix="poolproof-") as directory, ExitStack() as running:
        for _ in range(PORTS_TO_TRY):
            address = Address(LOOPBACK, free_port())
            try:
                running.enter_context(running_program(program, address.port, directory))
            except PortTaken:
                continue  # between our finding the port free and the server's taking it
            yield address, f"embedded, {name}"
            return
    raise ServerError(f"found each of {PORTS_TO_TRY} ports taken")


@contextmanager
def embedded_backend(program: Path, name: str) -> Iterator["EmbeddedBackend"]:
    """A backend whose server runs at first; it ends with the block."""
    with (
        TemporaryDirectory(prefix="poolproof-") as directory,
        closing(EmbeddedBackend(program, name, directory)) as backend,
    ):
        backend.start()
        yield backend


class EmbeddedBackend:
    """One server program on one port, as a child process."""

    def __init__(self, program: Path, name: str, directory: str) -> None:
        self._program, self._directory = program, directory
        # We bind the port as long as we are here, so that nobody else takes it while the server is
        # down. The server can bind it, too, since nobody but it listens.
        self._keeper = socket.socket()
        self._keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._keeper.bind((LOOPBACK, 0))
        self.address = Address(LOOPBACK, self._keeper.getsockname()[1])
        self.obtained = f"embedded, {name}"
        self._running = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program; returns when it is ready."""
        running = running_program(self._program, self.address.port, self._directory)
        self._process = self._running.enter_context(running)

    def stop(self) -> None:
        """End the process in order; returns when it has ended."""
        self._running.close()

    def pause(self) -> None:
        """Stop the process where it is; returns when it has stopped."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        # A signal is on its way for a moment; its parent is told when it has struck.
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """Let the process go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End the process, and give the port away."""
        try:
            self.stop()
        finally:
            self._keeper.close()
