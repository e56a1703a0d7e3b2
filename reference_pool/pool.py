"""
The pool for threads: a lock around the policy, with connecting, checking and waiting outside it.

`release` runs in finalizers and signal handlers, hence also in a thread that holds the lock at that
moment. So it never waits for the lock: if somebody is inside, that one serves once more on leaving.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Self
from weakref import WeakSet

import redis
from redis.connection import parse_url
from redis.retry import Retry

from .arguments import checked_max_connections, checked_timeout
from .errors import ConnectionPoolTimeoutError, PoolClosedError
from .policy import Ending, Queues
from .slot import Slot
from .waiter import Waiter

if TYPE_CHECKING:  # older clients have no such class
    from redis.connection import AbstractConnection

try:
    from redis.himport import HImportRegistry
except ImportError:  # before redis-py 8.1
    HImportRegistry = None  # type: ignore[assignment,misc]  # mypy knows the newest client only


class ConnectionPool:
    """
    At most `max_connections` connections, first in, first out, for callers served in the order in
    which they came. `timeout` is how many seconds a caller waits for one (0: not at all, None: for
    ever). How long the server may take is another matter, `socket_timeout`, which goes to
    `connection_class` like every other argument.
    """

    cache = None  # redis.Redis asks; keeping replies is not this pool's business

    def __init__(
        self,
        *,
        max_connections: int = 10,
        timeout: float | None = 5,
        connection_class: Callable[..., AbstractConnection] = redis.Connection,
        **connection_kwargs: object,
    ) -> None:
        self.max_connections = checked_max_connections(max_connections)
        self.timeout = checked_timeout(timeout)
        self.connection_class = connection_class
        self.connection_kwargs = connection_kwargs
        if HImportRegistry is not None:
            connection_kwargs.setdefault("himport_registry", HImportRegistry())
        self.himport_registry = connection_kwargs.get("himport_registry")
        self._start(closed=False)
        _pools.add(self)

    def _start(self, *, closed: bool) -> None:
        # The idle slots and the waiters. What the policy does not allow at any moment is done only
        # under the lock.
        self._queues = Queues(self.max_connections, Slot, closed=closed)
        # Held for a few steps, never while connecting, checking, closing or waiting.
        self._lock = Lock()
        # What is lent, and the slots it came from. Needs no lock: of two releases of the same
        # connection, one `pop` finds it.
        self._in_use: dict[AbstractConnection, Slot] = {}

    def reset(self) -> None:
        """Start empty, touching no socket: for a fork's child, whose sockets are its parent's."""
        self._start(closed=self._queues.closed)

    @classmethod
    def from_url(cls, url: str, **kwargs: object) -> Self:
        """A pool for redis://, rediss:// or unix://; what the URL says goes before the keywords."""
        try:
            options = parse_url(url)
        except ValueError:
            # The original quotes pieces of the URL, and a password may be among them.
            raise ValueError(
                "not a URL of a Redis: pass redis://, rediss:// or unix://, with reserved characters "
                "in user name and password percent-encoded"
            ) from None
        return cls(**kwargs | options)

    def get_connection(self, *_command: object, **_options: object) -> AbstractConnection:
        """A connection that is connected and clean, for this caller alone until `release`."""
        slot = self._queues.take()
        if slot is None:
            slot = self._wait()
        try:
            connection = slot.ready()
            if connection is None:
                connection = slot.open(self._new_connection)
        except BaseException:
            if self._queues.give(slot):
                self._serve()
            raise
        self._in_use[connection] = slot
        return connection

    def release(self, connection: AbstractConnection) -> None:
        """Give a connection back, in whatever state it is. Never waits."""
        slot = self._in_use.pop(connection, None)
        if slot is None:
            # What a fork's child inherited is its parent's: not ours to keep, no mistake to report.
            if getattr(connection, "pid", None) == os.getpid():
                raise ValueError(
                    f"{self!r} has not lent this connection, or has it back: release every "
                    "connection once, to the pool that it came from"
                )
            return
        try:
            if slot.should_reconnect():
                connection.disconnect()
        finally:
            if self._queues.give(slot):
                self._serve()

    @contextmanager
    def connection(self) -> Iterator[AbstractConnection]:
        """A connection for the length of a `with` block."""
        connection = self.get_connection()
        try:
            yield connection
        finally:
            self.release(connection)

    def disconnect(self, inuse_connections: bool = True) -> None:
        """Close the sockets, also those in use if asked; the pool stays open and connects anew."""
        with self._lock:
            slots = self._queues.clear()
        self._serve()
        if inuse_connections:
            slots += self._in_use.copy().values()
        for slot in slots:
            slot.close()

    def close(self) -> None:
        """Close for good: waiters are told now, connections in use are closed when released."""
        with self._lock:
            slots = self._queues.close()
        self._serve()
        for slot in slots:
            slot.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        # Names what it shows, so that no credential is ever among it. Takes no lock, so that it can
        # be logged from anywhere; a figure may be a moment old.
        names = ("path", "db") if "path" in self.connection_kwargs else ("host", "port", "db")
        settings = {"host": "localhost", "port": 6379, "db": 0} | self.connection_kwargs
        where = " ".join(f"{name}={settings[name]}" for name in names)
        return f"<{type(self).__module__}.{type(self).__name__} {where} {self._figures()}>"

    def get_connection_count(self) -> list[tuple[int, dict[str, str]]]:
        """How many are idle and how many in use, in the form that redis-py's metrics read."""
        state = "db.client.connection.state"
        return [(len(self._queues.idle), {state: "idle"}), (self._queues.in_use, {state: "used"})]

    def get_encoder(self) -> object:
        """The encoder of its connections; each redis-py keeps the class in another place."""
        return self._new_connection().encoder

    def get_protocol(self) -> object:
        """The version of RESP that was asked for, if any was."""
        return self.connection_kwargs.get("protocol")

    def set_retry(self, retry: Retry) -> None:
        """How connections retry, those that exist and those to come."""
        self.connection_kwargs["retry"] = retry
        for slot in [*self._queues.idle.copy(), *self._in_use.copy().values()]:
            if slot.connection is not None:
                slot.connection.retry = retry

    def re_auth_callback(self, _token: object) -> None:
        """The credentials changed: connections made with the old ones are given up once unused."""
        for slot in self._in_use.copy().values():
            slot.give_up()
        self.disconnect(inuse_connections=False)

    def _new_connection(self) -> AbstractConnection:
        return self.connection_class(**self.connection_kwargs)

    def _wait(self) -> Slot:
        """The slot that is handed to this caller in its turn, which may be at once."""
        waiter: Waiter[Slot] = Waiter()
        started = monotonic()
        try:
            with self._lock:
                self._queues.join(waiter)
            self._serve()
            answer = waiter.wait(self.timeout)
        except BaseException:
            answer = waiter.decline()
            if isinstance(answer, Slot):
                self._queues.give(answer)
            self._leave(waiter)
            raise
        if answer is Ending.CLOSED:
            raise PoolClosedError(f"{self!r} is closed: make a new pool")
        if answer is Ending.DECLINED:
            self._leave(waiter)
            raise ConnectionPoolTimeoutError(
                f"no connection became free in {monotonic() - started:.3f} s ({self._figures()}): "
                "release connections sooner, or raise max_connections or timeout"
            )
        return answer

    def _leave(self, waiter: Waiter[Slot]) -> None:
        with self._lock:
            self._queues.leave(waiter)
        self._serve()

    def _serve(self) -> None:
        """Serve who waits, unless somebody is inside: that one does it after leaving."""
        while self._queues.due and self._lock.acquire(False):
            try:
                slots = self._queues.serve()
            finally:
                self._lock.release()
            for slot in slots:
                slot.close()

    def _figures(self) -> str:
        queues = self._queues
        return (
            f"max_connections={self.max_connections} in_use={queues.in_use} "
            f"idle={len(queues.idle)} waiting={len(queues.waiters)}"
        )


# Every pool of this process that is alive, for the moment after a fork.
_pools: WeakSet[ConnectionPool] = WeakSet()


def _start_empty() -> None:
    for pool in _pools:
        pool.reset()


if hasattr(os, "register_at_fork"):
    # Told once; asking for the process id at every call would cost 200 ns each time.
    os.register_at_fork(after_in_child=_start_empty)
