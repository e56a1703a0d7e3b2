"""
What the pools for threads and for asyncio share: the lock around the policy, joining and leaving the
queue, closing, and what redis-py asks of a pool besides. Each adds how to wait and how to connect.

A release may come from a finalizer or a signal handler, hence also in a thread that holds the lock at
that moment. So it never waits for the lock: if somebody is inside, that one serves once more on
leaving. In asyncio nobody ever waits for it, because nothing is awaited inside.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Generic, Protocol, Self, TypeVar

from .arguments import checked_max_connections, checked_timeout
from .errors import ConnectionPoolTimeoutError, PoolClosedError
from .fork import reset_in_child
from .policy import Ending, Queues, WaiterLike

try:
    from redis.himport import HImportRegistry
except ImportError:  # before redis-py 8.1
    HImportRegistry = None  # type: ignore[assignment,misc]  # mypy knows the newest client only


def never() -> bool:
    """The answer of a connection that cannot be asked."""
    return False


def always() -> bool:
    """The answer for a connection that was given up."""
    return True


class ConnectionLike(Protocol):
    """What every connection has."""

    @property
    def encoder(self) -> object:
        """What turns values into bytes and back."""


C = TypeVar("C", bound=ConnectionLike)
Content = TypeVar("Content", bound=ConnectionLike, covariant=True)


class BaseSlot(ABC, Generic[Content]):
    """
    One of a pool's `max_connections` places, and the connection in it. Changed only by whoever holds
    it: while it is held, no queue has it.
    """

    __slots__ = ("connection", "should_reconnect")

    def __init__(self) -> None:
        self.connection: Content | None = None
        self.should_reconnect: Callable[[], bool] = never

    @abstractmethod
    def close(self) -> None:
        """Disconnect what is in the slot, without waiting for anybody."""

    def give_up(self) -> None:
        """Have the connection disconnected when its holder releases it."""
        self.should_reconnect = always


def close_all(slots: Iterable[BaseSlot[ConnectionLike]]) -> None:
    """Close every one, also if closing another fails. Raises what went wrong first."""
    failed: Exception | None = None
    for slot in slots:
        try:
            slot.close()
        except Exception as error:  # noqa: BLE001 - it is raised below
            failed = failed or error
    if failed is not None:
        raise failed


S = TypeVar("S", bound=BaseSlot[ConnectionLike])


class Decliner(WaiterLike[S], Protocol[S]):
    """What a pool must know of a waiter that stops waiting."""

    def decline(self) -> S | Ending:
        """Decline every offer from now on; the answer is a slot if one was accepted before."""


class BasePool(Generic[C, S]):
    """
    At most `max_connections` connections, first in, first out, for callers served in the order in
    which they came. `timeout` is how many seconds a caller waits for one (0: not at all, None: for
    ever). How long the server may take is another matter, `socket_timeout`, which goes to
    `connection_class` like every other argument.
    """

    cache = None  # redis.Redis asks; keeping replies is not this pool's business

    # For each to say.
    _slot_class: type[S]
    _default_connection_class: type[C]
    _parse_url: Callable[[str], Mapping[str, object]]

    def __init__(
        self,
        *,
        max_connections: int = 10,
        timeout: float | None = 5,
        connection_class: Callable[..., C] | None = None,
        **connection_kwargs: object,
    ) -> None:
        self.max_connections = checked_max_connections(max_connections)
        self.timeout = checked_timeout(timeout)
        self.connection_class = connection_class or self._default_connection_class
        self.connection_kwargs = connection_kwargs
        if HImportRegistry is not None:
            connection_kwargs.setdefault("himport_registry", HImportRegistry())
        self.himport_registry = connection_kwargs.get("himport_registry")
        # What the process that this one was forked from had lent at that moment.
        self._inherited: frozenset[C] = frozenset()
        self._start(closed=False)
        reset_in_child(self)

    def _start(self, *, closed: bool) -> None:
        # The idle slots and the waiters. What the policy does not allow at any moment is done only
        # under the lock.
        self._queues = Queues(self.max_connections, self._slot_class, closed=closed)
        # Held for a few steps, never while connecting, checking, closing or waiting.
        self._lock = Lock()
        # What is lent, and the slots it came from. Needs no lock: of two releases of the same
        # connection, one `pop` finds it.
        self._in_use: dict[C, S] = {}

    def reset(self) -> None:
        """Start empty, touching no socket: for a fork's child, whose sockets are its parent's."""
        self._inherited = self._inherited.union(self._in_use)
        self._start(closed=self._queues.closed)

    @classmethod
    def from_url(cls, url: str, **kwargs: object) -> Self:
        """A pool for redis://, rediss:// or unix://; what the URL says goes before the keywords."""
        try:
            options = cls._parse_url(url)
        except ValueError:
            # The original quotes pieces of the URL, and a password may be among them.
            raise ValueError(
                "not a URL of a Redis: pass redis://, rediss:// or unix://, with reserved characters "
                "in user name and password percent-encoded"
            ) from None
        return cls(**{**kwargs, **options})  # type: ignore[arg-type]  # one dict for all arguments

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

    def set_retry(self, retry: object) -> None:
        """How connections retry, those that exist and those to come."""
        self.connection_kwargs["retry"] = retry
        for slot in [*self._queues.idle.copy(), *self._in_use.copy().values()]:
            if slot.connection is not None:
                slot.connection.retry = retry  # type: ignore[attr-defined]  # each has its own Retry

    def _new_connection(self) -> C:
        return self.connection_class(**self.connection_kwargs)

    def _join(self, waiter: WaiterLike[S]) -> None:
        with self._lock:
            self._queues.join(waiter)
        self._serve()

    def _leave(self, waiter: WaiterLike[S]) -> None:
        with self._lock:
            self._queues.leave(waiter)
        self._serve()

    def _interrupted(self, waiter: Decliner[S]) -> None:
        """Leave the queue; a slot that was handed over already goes to whoever is next."""
        answer = waiter.decline()
        if not isinstance(answer, Ending):
            self._queues.give(answer)
        self._leave(waiter)

    def _answered(self, waiter: WaiterLike[S], answer: S | Ending, waited_s: float) -> S:
        """The slot that a wait ended with, or else the reason why it ended without."""
        if answer is Ending.CLOSED:
            raise PoolClosedError(f"{self!r} is closed: make a new pool")
        if answer is Ending.DECLINED:
            self._leave(waiter)
            raise ConnectionPoolTimeoutError(
                f"no connection became free in {waited_s:.3f} s ({self._figures()}): "
                "release connections sooner, or raise max_connections or timeout"
            )
        return answer

    def _refuse(self, connection: C) -> None:
        """Tell whoever releases what this pool has not lent."""
        # What a fork's child inherited is its parent's: not ours to keep, no mistake to report.
        if connection not in self._inherited:
            raise ValueError(
                f"{self!r} has not lent this connection, or has it back: release every "
                "connection once, to the pool that it came from"
            )

    def _disconnect(self, *, inuse_connections: bool) -> None:
        with self._lock:
            slots = self._queues.clear()
        self._serve()
        if inuse_connections:
            slots += self._in_use.copy().values()
        close_all(slots)

    def _close(self) -> None:
        with self._lock:
            slots = self._queues.close()
        self._serve()
        close_all(slots)

    def _give_up(self) -> None:
        """Disconnect what is idle, and what is in use as soon as it is released."""
        for slot in self._in_use.copy().values():
            slot.give_up()
        self._disconnect(inuse_connections=False)

    def _serve(self) -> None:
        """Serve who waits, unless somebody is inside: that one does it after leaving."""
        while self._queues.due and self._lock.acquire(False):
            try:
                slots = self._queues.serve()
            finally:
                self._lock.release()
            close_all(slots)

    def _figures(self) -> str:
        queues = self._queues
        return (
            f"max_connections={self.max_connections} in_use={queues.in_use} "
            f"idle={len(queues.idle)} waiting={len(queues.waiters)}"
        )
