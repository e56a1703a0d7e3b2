"""A sound pool, as one would write it in an afternoon: one condition, one queue.

The culprits are made from it by spoiling one thing each. It upholds every clause itself, and not in
the way of the reference pool: its waiters are not queued, and a newcomer may overtake them, which no
clause of the core forbids.
"""

import math
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from time import monotonic

import redis
from redis._parsers import Encoder


class ExhaustedError(redis.ConnectionError):
    """All connections were in use for the whole `timeout`."""


class SoundPool:
    """Upholds every clause."""

    def __init__(
        self, *, max_connections: int = 10, timeout: float | None = 5, **connection_kwargs: object
    ) -> None:
        self.check_max_connections(max_connections)
        self.check_timeout(timeout)
        self.max_connections = max_connections
        self.timeout = timeout
        self.connection_kwargs = connection_kwargs
        self.opened = 0
        self.idle: deque[redis.Connection] = deque()
        self.in_use: set[redis.Connection] = set()
        self.changed = Condition()

    def check_max_connections(self, max_connections: object) -> None:
        if type(max_connections) is not int or max_connections < 1:
            raise ValueError(f"max_connections must be an int of at least 1: {max_connections!r}")

    def check_timeout(self, timeout: object) -> None:
        if timeout is None:
            return
        if type(timeout) not in (int, float) or not isinstance(timeout, int | float):
            raise TypeError(f"timeout must be a number of seconds or None: {timeout!r}")
        if math.isnan(timeout) or timeout < 0:
            raise ValueError(f"timeout must not be negative: {timeout!r}")

    def get_connection(self, command_name: str | None = None) -> redis.Connection:
        with self.changed:
            if not self.wait_for_connection(self.timeout):
                raise self.exhausted()
            connection = self.take()
            self.in_use.add(connection)
        try:
            connection.connect()
        except BaseException:
            self.release(connection)
            raise
        return connection

    def available(self) -> bool:
        return bool(self.idle) or self.opened < self.max_connections

    def wait_for_connection(self, timeout: float | None) -> bool:
        """Whether a connection became available within `timeout` seconds."""
        deadline = None if timeout is None else monotonic() + timeout
        while not self.available():
            left = None if deadline is None else deadline - monotonic()
            if left is not None and left <= 0:
                return False
            self.changed.wait(left)
        return True

    def take(self) -> redis.Connection:
        if self.idle:
            return self.take_idle()
        return self.open()

    def take_idle(self) -> redis.Connection:
        return self.idle.popleft()

    def open(self) -> redis.Connection:
        self.opened += 1
        return redis.Connection(**self.connection_kwargs)

    def exhausted(self) -> Exception:
        return ExhaustedError(f"all {self.max_connections} connections are in use")

    def release(self, connection: redis.Connection) -> None:
        with self.changed:
            if connection not in self.in_use:
                self.refuse(connection)
                return
            self.in_use.remove(connection)
            self.put_back(connection)
            self.changed.notify()

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
        with self.changed:
            for connection in (*self.idle, *self.in_use):
                connection.disconnect()

    def get_encoder(self) -> Encoder:
        return Encoder("utf-8", "strict", decode_responses=False)

    def get_protocol(self) -> object:
        return self.connection_kwargs.get("protocol")
