"""What is no server but listens, and does what it likes with whoever comes."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .asking import PATIENCE_S


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
