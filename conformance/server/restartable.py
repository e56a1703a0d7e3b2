"""A server to be ended, stopped and started again, which nobody else uses.

Its backend is a child process or a container. It has one port as long as it exists. A frozen one is
like a server whose machine hangs: the system accepts connections, and nobody answers.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event
from time import monotonic
from typing import Protocol

from .address import Address
from .child import first_that_works
from .discovery import Server, server_at
from .embedded import embedded_backend
from .errors import ServerError

CONTAINER_NAME = "POOLPROOF_CONTAINER"
"""The environment variable with the name for a container, by which it can be removed when this process
was ended by force."""

ANSWER_S = 60.0
"""How long a server may take from its start to its first answer."""

ASK_AGAIN_S = 0.05


class Backend(Protocol):
    """What runs the server. Each of its methods returns when it has taken effect."""

    @property
    def address(self) -> Address:
        """Where the server listens, also while it is down."""
        ...

    @property
    def obtained(self) -> str:
        """How the server was come by."""
        ...

    def start(self) -> None:
        """Start the server, which is down."""
        ...

    def stop(self) -> None:
        """End the server, which is up, and with it every connection."""
        ...

    def pause(self) -> None:
        """Stop the server where it is."""
        ...

    def resume(self) -> None:
        """Let it go on."""
        ...


class RestartableServer:
    """One server, up at first, that is run again and again. It keeps no data."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._is_up, self._is_frozen = True, False
        self.server = self._answering()
        """The server, as it was when it came up last."""

    def come_back(self) -> None:
        """Start the server, if it is down; returns when it answers."""
        if not self._is_up:
            self._backend.start()
            self._is_up = True
            self.server = self._answering()

    def shut_down(self) -> None:
        """End the server, and with it every connection; returns when it has ended."""
        self.thaw()
        if self._is_up:
            self._is_up = False
            self._backend.stop()

    def freeze(self) -> None:
        """Stop the server where it is, until `thaw`."""
        if self._is_up and not self._is_frozen:
            self._is_frozen = True
            self._backend.pause()

    def thaw(self) -> None:
        """Let a frozen server go on."""
        if self._is_frozen:
            self._backend.resume()
            self._is_frozen = False

    def _answering(self) -> Server:
        """The server, once it says what it is. A container's port is the daemon's at first."""
        give_up_s = monotonic() + ANSWER_S
        while True:
            try:
                return server_at(self._backend.address, self._backend.obtained, started_by_kit=True)
            except ServerError:
                if monotonic() > give_up_s:
                    raise
            Event().wait(ASK_AGAIN_S)


@contextmanager
def restartable_server(image: str | None = None) -> Iterator[RestartableServer]:
    """A server that is up at first; in whatever state it is, it ends with the block.

    It is an embedded one, or else a container of the image, if one is named.
    """
    with ExitStack() as running:
        try:
            backend: Backend = running.enter_context(first_that_works(embedded_backend))
        except ServerError as failure:
            if image is None:
                raise
            backend = running.enter_context(_contained(image, str(failure)))
        restartable = RestartableServer(backend)
        try:
            yield restartable
        finally:
            # Some daemons remove no container that is paused; all remove one that was not.
            with suppress(ServerError):
                restartable.thaw()


@contextmanager
def _contained(image: str, why: str) -> Iterator[Backend]:
    # Imported when needed, as in discovery.py.
    with warnings.catch_warnings(action="ignore"):
        from .container import container_backend

    with ExitStack() as running:
        try:
            backend = running.enter_context(
                container_backend(image, os.environ.get(CONTAINER_NAME))
            )
        except ServerError as failure:
            raise ServerError(f"{why}, {failure}") from failure
        yield backend


def remove_container(name: str) -> None:
    """Remove the container under this name, if a process that was ended by force has left it behind."""
    with warnings.catch_warnings(action="ignore"):
        from .container import remove_by_name

    remove_by_name(name)
