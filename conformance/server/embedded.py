"""A Redis server as a child process, for machines without Docker."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .address import Address
from .child import (
    LOOPBACK,
    READY,
    first_that_works,
    free_port,
    last_line,
    process_of,
    said_until_ready,
)
from .errors import ServerError

PORT_TAKEN = b"Address already in use"
PORTS_TO_TRY = 5


@contextmanager
def embedded_server() -> Iterator[tuple[Address, str]]:
    """Run the first server program that works here, and say which one it is."""
    with first_that_works(_server) as started:
        yield started


@contextmanager
def _server(program: Path, name: str) -> Iterator[tuple[Address, str]]:
    with TemporaryDirectory(prefix="poolproof-") as directory:
        for _ in range(PORTS_TO_TRY):
            address = Address(LOOPBACK, free_port())
            with process_of(program, address.port, directory) as process:
                said = said_until_ready(process)
                if READY in said:
                    yield address, f"embedded, {name}"
                    return
            # Between our finding the port free and the server's taking it, another may come.
            if PORT_TAKEN not in said:
                raise ServerError(f"did not start: {last_line(said)}")
    raise ServerError(f"found each of {PORTS_TO_TRY} ports taken")
