"""A server in a container of its own, to be killed, paused and started, where none can be embedded.

It has one port of this machine as long as it exists. While it is down nobody keeps that port for it:
should another take it, the container does not start again, which is told.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event
from time import monotonic

from testcontainers.core.container import DockerContainer

from .child import free_port
from .container import LOOK_EVERY_S, READY_S, address_of, failures_told, quiet, running_container
from .discovery import CONTAINER_OF, Server
from .errors import ServerError
from .greeting import Identity, identify
from .restartable import CONTAINER_NAME


@contextmanager
def restartable_container(image: str) -> Iterator["RestartableContainer"]:
    """A container that is up at first, and removed at last, in whatever state it is."""
    with running_container(image, free_port(), os.environ.get(CONTAINER_NAME)) as container:
        restartable = RestartableContainer(container, image)
        try:
            yield restartable
        finally:
            # Some daemons remove no container that is paused; all remove one that was not.
            with suppress(ServerError):
                restartable.thaw()


class RestartableContainer:
    """One container, run again and again. It keeps no data."""

    def __init__(self, container: DockerContainer, image: str) -> None:
        with quiet(), failures_told():
            self._address = address_of(container)
        self._container = container.get_wrapped_container()
        self._image = image
        self._is_up, self._is_frozen = True, False

    @property
    def server(self) -> Server:
        """The server, which must be up; asked of itself."""
        identity = self._identity()
        return Server(
            host=self._address.host,
            port=self._address.port,
            db=self._address.db,
            username=None,
            password=None,
            product=identity.product,
            version=identity.version,
            obtained=f"{CONTAINER_OF}{self._image}",
            started_by_kit=True,
        )

    def come_back(self) -> None:
        """Be up, if it is not: returns when it answers on its port."""
        if not self._is_up:
            with quiet(), failures_told():
                self._container.start()
            self._is_up = True
            self._identity()

    def shut_down(self) -> None:
        """Kill it, and with it every connection; returns when it is dead."""
        self.thaw()
        if self._is_up:
            self._is_up = False
            with quiet(), failures_told():
                self._container.kill()
                self._container.wait(timeout=READY_S)

    def freeze(self) -> None:
        """Pause it: it does nothing more, until `thaw`."""
        if self._is_up and not self._is_frozen:
            self._is_frozen = True
            with quiet(), failures_told():
                self._container.pause()

    def thaw(self) -> None:
        """Let it go on."""
        if self._is_frozen:
            with quiet(), failures_told():
                self._container.unpause()
            self._is_frozen = False

    def _identity(self) -> Identity:
        """What it says it is. It is asked again while it starts: before, its port is the daemon's."""
        give_up_s = monotonic() + READY_S
        pause = Event()
        while True:
            try:
                return identify(self._address)
            except ServerError:
                if monotonic() > give_up_s:
                    raise
            pause.wait(LOOK_EVERY_S)
