"""A Redis server in a container, through testcontainers.

An interrupt must not leave a container behind. It (Ctrl-C, or a signal handler that raises SystemExit)
strikes the main thread, at any point of a request to the Docker daemon: then the daemon has created a
container and nobody knows its name. So containers are started and removed in a thread beside it, and
the removal waits for the start.
"""

import logging
import socket
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from time import monotonic

import docker.errors  # type: ignore[import-untyped]
from docker.constants import DEFAULT_UNIX_SOCKET  # type: ignore[import-untyped]
from docker.utils import parse_repository_tag  # type: ignore[import-untyped]
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient, get_docker_host
from testcontainers.core.wait_strategies import LogMessageWaitStrategy
from urllib3.exceptions import HTTPError

from .address import CONTAINER_OF, Address
from .child import free_port
from .errors import ServerError

REDIS_PORT = 6379
READY = "Ready to accept connections"

DAEMON_S = 10.0
REQUEST_S = 30
PULL_S = 300.0
CONTAINER_READY_S = 60
LOOK_EVERY_S = 0.05

# requests' errors are OSErrors; testcontainers' own, and a container that ended, are RuntimeErrors.
DOCKER_FAILURES = (docker.errors.DockerException, HTTPError, OSError, RuntimeError)


@contextmanager
def container_server(image: str) -> Iterator[Address]:
    """Run a container of the image; pull the image first where it is missing."""
    with _running_container(image) as container:
        yield _address_of(container)


@contextmanager
def container_backend(image: str, name: str | None) -> Iterator["ContainerBackend"]:
    """A backend whose server runs at first; its container is removed at the end of the block."""
    with _running_container(image, free_port(), name) as container:
        yield ContainerBackend(container, image)


class ContainerBackend:
    """One server in one container, which keeps its port of this machine.

    While the server is down nobody keeps that port for it: should another program take it, the
    container does not start again, which is told.
    """

    def __init__(self, container: DockerContainer, image: str) -> None:
        self.address = _address_of(container)
        self.obtained = f"{CONTAINER_OF}{image}"
        self._container = container.get_wrapped_container()

    def start(self) -> None:
        """Start the container; its server may take a little longer to answer."""
        with _failures_in_short():
            self._container.start()

    def stop(self) -> None:
        """Kill the container; returns when it is dead."""
        with _failures_in_short():
            self._container.kill()
            self._container.wait(timeout=CONTAINER_READY_S)

    def pause(self) -> None:
        """Pause the container."""
        with _failures_in_short():
            self._container.pause()

    def resume(self) -> None:
        """Let a paused container go on."""
        with _failures_in_short():
            self._container.unpause()


@contextmanager
def _running_container(
    image: str, port: int | None = None, name: str | None = None
) -> Iterator[DockerContainer]:
    """A container whose server listens on this port of ours, or on one that the daemon chooses."""
    with _libraries_silenced():
        container = _container(image)
    if name is not None:
        container.with_name(name)
    if port is not None:
        container.with_bind_ports(REDIS_PORT, port)
    starting = _thread_beside()
    try:
        with _failures_in_short():
            _pull_if_missing(container.get_docker_client(), container.image)
            _pull_reaper_if_missing(container.get_docker_client())
            with starting:
                starting.submit(container.start).result()
            _wait_until_ready(container)
        yield container
    finally:
        with _libraries_silenced(), _thread_beside() as removing:
            removing.submit(_remove, container, starting).result()


def remove_by_name(name: str) -> None:
    """Remove the container of a process that was ended by force, if it left one behind."""
    with suppress(*DOCKER_FAILURES), _libraries_silenced():
        daemon = DockerClient(timeout=DAEMON_S)
        try:
            daemon.client.containers.get(name).remove(force=True, v=True)
        finally:
            daemon.client.close()


def _thread_beside() -> ThreadPoolExecutor:
    thread = ThreadPoolExecutor(max_workers=1)
    # An executor that is interrupted while its thread starts forgets the thread and does not wait
    # for it. So it starts now, with nothing to do yet.
    thread.submit(int).result()
    return thread


def _container(image: str) -> DockerContainer:
    """The container, not yet created; finds out quickly whether there is a daemon at all."""
    try:
        _knock()
        daemon = DockerClient(timeout=DAEMON_S)
        daemon.client.ping()
        daemon.client.close()
        container = DockerContainer(image, docker_client_kw={"timeout": REQUEST_S})
    except PermissionError as failure:
        raise ServerError("this user may not talk to the Docker daemon") from failure
    except DOCKER_FAILURES as failure:
        raise ServerError("no Docker daemon answers") from failure
    return container.with_exposed_ports(REDIS_PORT)


def _knock() -> None:
    """Fail if nobody listens on the daemon's socket: the docker package would leak its own."""
    scheme, _, path = (get_docker_host() or DEFAULT_UNIX_SOCKET).partition("://")
    if sys.platform != "win32" and scheme in ("unix", "http+unix"):
        with socket.socket(socket.AF_UNIX) as daemon:
            daemon.settimeout(DAEMON_S)
            daemon.connect(path)


def _pull_if_missing(daemon: DockerClient, image: str) -> None:
    with suppress(docker.errors.ImageNotFound):
        daemon.client.images.get(image)
        return
    repository, tag = parse_repository_tag(image)
    deadline = monotonic() + PULL_S
    try:
        for event in daemon.client.api.pull(
            repository, tag=tag or "latest", stream=True, decode=True
        ):
            if "error" in event:
                raise ServerError(f"{image} cannot be pulled: {event['error']}")
            if monotonic() > deadline:
                raise ServerError(f"{image} was not pulled within {PULL_S:g} s")
    except DOCKER_FAILURES as failure:
        raise ServerError(f"{image} cannot be pulled: {_in_short(failure)}") from failure


def _pull_reaper_if_missing(daemon: DockerClient) -> None:
    """Ryuk, which testcontainers starts beside ours and would pull without a bound in time."""
    if testcontainers_config.ryuk_disabled:
        return
    try:
        _pull_if_missing(daemon, testcontainers_config.ryuk_image)
    except ServerError as failure:
        raise ServerError(
            f"{failure} (it is the reaper of testcontainers; "
            "TESTCONTAINERS_RYUK_DISABLED=true does without)"
        ) from failure


def _wait_until_ready(container: DockerContainer) -> None:
    ready = LogMessageWaitStrategy(READY)
    ready.with_startup_timeout(CONTAINER_READY_S).with_poll_interval(LOOK_EVERY_S)
    try:
        ready.wait_until_ready(container)
    except TimeoutError as failure:
        raise ServerError(f"its server was not ready within {CONTAINER_READY_S} s") from failure
    except RuntimeError as failure:
        raise ServerError("it ended before a server was ready in it") from failure


def _address_of(container: DockerContainer) -> Address:
    """Where its server listens."""
    with _failures_in_short():
        host = container.get_container_host_ip()
        port = container.get_exposed_port(REDIS_PORT)
    # By name it may be reached over IPv6 first, where the daemon can have given another container
    # the port that over IPv4 is ours.
    return Address(host="127.0.0.1" if host == "localhost" else host, port=port)


def _remove(container: DockerContainer, starting: ThreadPoolExecutor) -> None:
    starting.shutdown(wait=True)
    try:
        container.stop()
    except docker.errors.NotFound:
        container.get_docker_client().client.close()
    except DOCKER_FAILURES as failure:
        name = container.get_container_id()[:12]
        raise ServerError(f"Container {name} is left behind: {_in_short(failure)}") from failure


@contextmanager
def _failures_in_short() -> Iterator[None]:
    """Raise ServerError, in short, for what the daemon or the libraries fail at."""
    try:
        with _libraries_silenced():
            yield
    except DOCKER_FAILURES as failure:
        raise ServerError(_in_short(failure)) from failure


def _in_short(failure: BaseException) -> str:
    told = getattr(failure, "explanation", None) or str(failure) or type(failure).__name__
    return str(told).strip().splitlines()[0][:200]


@contextmanager
def _libraries_silenced() -> Iterator[None]:
    """Suppress what the libraries log and warn of: each failure is told once, in our words."""
    loggers = [logging.getLogger(name) for name in ("testcontainers", "docker", "urllib3")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
