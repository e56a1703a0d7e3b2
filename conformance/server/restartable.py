"""A server to be ended, stopped and started again: an embedded one that is nobody else's.

It keeps its port while it is down, so that it comes back where it was; and a frozen one is a server
whose machine hangs: the system accepts who connects, and nobody answers.
"""

import os
import signal
import socket
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, Self

from .address import Address
from .child import LOOPBACK, READY, first_that_works, last_line, process_of, said_until_ready
from .discovery import Server
from .errors import ServerError
from .greeting import identify

CONTAINER_NAME = "POOLPROOF_CONTAINER"
"""What the environment calls the name under which a container is made, so that it can be removed by who
ends this process by force."""


class Restartable(Protocol):
    """A server that can be ended, stopped and started again."""

    @property
    def server(self) -> Server:
        """The server, which must be up; asked of itself."""
        ...

    def come_back(self) -> None:
        """Be up, if it is not: returns when it answers on its port."""
        ...

    def shut_down(self) -> None:
        """End, and with it every connection; returns when it has."""
        ...

    def freeze(self) -> None:
        """Stop where it is: it does nothing more, until `thaw`."""
        ...

    def thaw(self) -> None:
        """Go on."""
        ...


def remove_container(name: str) -> None:
    """Remove the container that a process has left behind which was ended by force, if it has."""
    with warnings.catch_warnings(action="ignore"):
        from .container import remove_by_name

    remove_by_name(name)


@contextmanager
def restartable_server(image: str | None = None) -> Iterator[Restartable]:
    """A server that is up at first; in whatever state it is, it ends with the block.

    An embedded one, or else a container of the image, if one is named.
    """
    with ExitStack() as running:
        try:
            server: Restartable = running.enter_context(first_that_works(_embedded))
        except ServerError as failure:
            if image is None:
                raise
            server = running.enter_context(_contained(image, str(failure)))
        yield server


@contextmanager
def _contained(image: str, why: str) -> Iterator[Restartable]:
    # Imported when needed, as in discovery.py.
    with warnings.catch_warnings(action="ignore"):
        from .restartable_container import restartable_container

    with ExitStack() as running:
        try:
            server = running.enter_context(restartable_container(image))
        except ServerError as failure:
            raise ServerError(f"{why}, {failure}") from failure
        yield server


@contextmanager
def _embedded(program: Path, name: str) -> Iterator["RestartableServer"]:
    with (
        TemporaryDirectory(prefix="poolproof-") as directory,
        RestartableServer(program, name, directory) as restartable,
    ):
        restartable.come_back()
        yield restartable


class RestartableServer:
    """One server program on one port, run again and again. It keeps no data."""

    def __init__(self, program: Path, name: str, directory: str) -> None:
        self._program, self._name, self._directory = program, name, directory
        # Bound by us for as long as we are here, so that the port is nobody else's while it is down.
        # A server binds it, too, since nobody but it listens.
        self._keeper = socket.socket()
        self._keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._keeper.bind((LOOPBACK, 0))
        self._address = Address(LOOPBACK, self._keeper.getsockname()[1])
        self._running = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_frozen = False

    @property
    def server(self) -> Server:
        """The server, which must be up; asked of itself."""
        identity = identify(self._address)
        return Server(
            host=self._address.host,
            port=self._address.port,
            db=self._address.db,
            username=None,
            password=None,
            product=identity.product,
            version=identity.version,
            obtained=f"embedded, {self._name}",
            started_by_kit=True,
        )

    def come_back(self) -> None:
        """Be up, if it is not: returns when it answers on its port."""
        if self._process is not None:
            return
        with ExitStack() as running:
            process = running.enter_context(
                process_of(self._program, self._address.port, self._directory)
            )
            said = said_until_ready(process)
            if READY not in said:
                raise ServerError(f"did not start: {last_line(said)}")
            self._running = running.pop_all()
            self._process = process

    def shut_down(self) -> None:
        """Have it end in order, and close its connections; returns when it has."""
        self.thaw()
        self._process = None
        self._running.close()

    def freeze(self) -> None:
        """Stop it where it is: it does nothing more, until `thaw`."""
        if self._process is not None and not self._is_frozen:
            self._is_frozen = True
            self._process.send_signal(signal.SIGSTOP)
            # A signal is on its way for a moment; its parent is told when it has struck.
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None and self._is_frozen:
            self._process.send_signal(signal.SIGCONT)
        self._is_frozen = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.shut_down()
        finally:
            self._keeper.close()
