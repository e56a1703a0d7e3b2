"""A sound pool, as one would write it in an afternoon: one lock, one queue of callers.

The culprits are made from it by spoiling one thing each. It upholds every clause itself. Whatever
comes free is handed to the caller who came first, so that nobody can take it from under their nose.

A release may begin in the middle of any other step, in the same thread, as a finalizer's does. It may
then come in, for the lock lets its holder in again, and it only ever adds: a caller joins the queue
before looking whether anything is free, and who is in the middle of serving looks once more.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import TIMEOUT_MAX, Lock, RLock
from time import monotonic

import redis
from redis._parsers import Encoder

from .arguments import ChecksArguments
from .children import alive


class ExhaustedError(redis.ConnectionError):
    """All connections were in use for the whole `timeout`."""


class Waiter:
    """A caller's place in the queue, and the bell that calls it. A bell rung early is still heard."""

    def __init__(self) -> None:
        self.connection: redis.Connection | None = None
        self.parked = False
        self.bell = Lock()
        self.bell.acquire()

    def hand(self, connection: redis.Connection) -> None:
        self.connection = connection
        self.ring()

    def ring(self) -> None:
        with suppress(RuntimeError):  # it rings already
            self.bell.release()

    def wait(self, timeout: float | None) -> bool:
        """Whether the bell rang within `timeout` seconds."""
        self.parked = True
        if timeout is None:
            return self.bell.acquire()
        deadline = monotonic() + timeout
        left = timeout
        while not self.bell.acquire(timeout=min(max(left, 0), TIMEOUT_MAX)):
            left = deadline - monotonic()
            if left <= 0:
                return False
        return True


class SoundPool(ChecksArguments):
    """Upholds every clause."""

    def __init__(
        self,
        *,
        max_connections: int = 10,
        timeout: float | None = 5,
        connection_class: Callable[..., redis.Connection] = redis.Connection,
        **connection_kwargs: object,
    ) -> None:
        self.check_max_connections(max_connections)
        self.check_timeout(timeout)
        self.max_connections = max_connections
        self.timeout = timeout
        self.connection_class = connection_class
        self.connection_kwargs = connection_kwargs
        self.inherited: set[redis.Connection] = set()
        """What the parent of this process had lent when it forked."""
        self.start()
        alive.add(self)

    def start(self) -> None:
        self.opened = 0
        self.idle: deque[redis.Connection] = deque()
        self.in_use: set[redis.Connection] = set()
        self.waiters: deque[Waiter] = deque()
        self.serving = self.due = False
        self.lock: AbstractContextManager[object] = RLock()
        self.prepare()

    def start_anew(self) -> None:
        """In the child of a fork nothing is ours that our parent has, nor can we open its locks."""
        self.inherited |= self.in_use
        self.start()

    def prepare(self) -> None:
        """Whatever else a pool of this kind begins with."""

    def get_connection(self, command_name: str | None = None) -> redis.Connection:
        connection = self.wait_for_connection(self.timeout)
        if connection is None:
            raise self.exhausted()
        self.connect(connection)
        return connection

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        """The connection that was handed to this caller within `timeout` seconds."""
        waiter = Waiter()
        try:
            self.join(waiter)
            waiter.wait(timeout)
        except BaseException:
            self.abandon(waiter)
            raise
        # What was handed over in the last moment counts, though the wait was over.
        self.leave(waiter)
        return waiter.connection

    def join(self, waiter: Waiter) -> None:
        with self.lock:
            self.waiters.append(waiter)
            self.serve()

    def leave(self, waiter: Waiter) -> None:
        """From now on nothing is handed to this waiter."""
        with self.lock, suppress(ValueError):
            self.waiters.remove(waiter)

    def abandon(self, waiter: Waiter) -> None:
        """Leave the queue, interrupted, with nothing."""
        self.leave(waiter)
        if waiter.connection is not None:
            self.release(waiter.connection)

    def serve(self) -> None:
        """Hand what is available to those who wait; in the middle of that, have it done once more."""
        self.due = True
        while self.due and not self.serving:
            self.serving = True
            try:
                self.due = False
                self.serve_in_turn()
            finally:
                self.serving = False

    def serve_in_turn(self) -> None:
        while self.waiters and self.available():
            self.hand_over()

    def hand_over(self) -> None:
        connection = self.lend()
        self.next_waiter().hand(connection)

    def next_waiter(self) -> Waiter:
        return self.waiters.popleft()

    def available(self) -> bool:
        return bool(self.idle) or self.opened < self.max_connections

    def lend(self) -> redis.Connection:
        connection = self.take()
        self.in_use.add(connection)
        return connection

    def take(self) -> redis.Connection:
        if self.idle:
            return self.take_idle()
        return self.open()

    def take_idle(self) -> redis.Connection:
        return self.idle.popleft()

    def open(self) -> redis.Connection:
        connection = self.connection_class(**self.connection_kwargs)
        self.opened += 1
        return connection

    def connect(self, connection: redis.Connection) -> None:
        """Talks to the server, hence never under the lock."""
        try:
            self.make_ready(connection)
        except BaseException as raised:
            self.give_up(connection, raised)
            raise

    def make_ready(self, connection: redis.Connection) -> None:
        connection.connect()
        if self.is_spoilt(connection):
            connection.disconnect()
            connection.connect()

    def is_spoilt(self, connection: redis.Connection) -> bool:
        """Whether it has been closed at the other end, or carries what nobody has read."""
        try:
            return connection.can_read()
        except (redis.ConnectionError, redis.TimeoutError, OSError):
            return True

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        """It could not be opened, which its slot must not suffer for."""
        try:
            connection.disconnect()  # it may have got halfway
        finally:
            self.release(connection)

    def exhausted(self) -> Exception:
        return ExhaustedError(f"all {self.max_connections} connections are in use")

    def release(self, connection: redis.Connection) -> None:
        with self.lock:
            if connection not in self.in_use:
                self.turn_down(connection)
                return
            self.in_use.remove(connection)
            self.put_back(connection)
            self.serve()

    def turn_down(self, connection: redis.Connection) -> None:
        """Take nothing back. What was inherited may be released, which changes nothing."""
        if connection not in self.inherited:
            self.refuse(connection)

    def refuse(self, connection: redis.Connection) -> None:
        raise ValueError("this connection is not in use")

    def put_back(self, connection: redis.Connection) -> None:
        self.idle.append(connection)

    @contextmanager
    def connection(self) -> Iterator[redis.Connection]:
        connection = self.get_connection()
        try:
            yield connection
        finally:
            self.release(connection)

    def disconnect(self) -> None:
        with self.lock:
            for connection in (*self.idle, *self.in_use):
                connection.disconnect()

    def get_encoder(self) -> Encoder:
        return Encoder("utf-8", "strict", decode_responses=False)

    def get_protocol(self) -> object:
        return self.connection_kwargs.get("protocol")


def is_due(connection: object) -> bool:
    """Whether its client has marked it as one to be opened again. Older clients know no such mark."""
    ask: object = getattr(connection, "should_reconnect", None)
    return callable(ask) and bool(ask())
