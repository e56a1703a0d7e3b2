"""The pool for threads: connecting, checking and waiting, all outside the lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Self

import redis
from redis.connection import parse_url

from .base import BasePool
from .slot import Slot
from .waiter import Waiter

if TYPE_CHECKING:  # older clients have no such class
    from redis.connection import AbstractConnection


class ConnectionPool(BasePool["AbstractConnection", Slot]):
    """A `BasePool` that any number of threads may use."""

    _slot_class = Slot
    _default_connection_class = redis.Connection
    _parse_url = staticmethod(parse_url)

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
            self._refuse(connection)
            return
        try:
            if slot.should_reconnect():
                slot.close()
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
        self._disconnect(inuse_connections=inuse_connections)

    def close(self) -> None:
        """Close for good: waiters are told now, connections in use are closed when released."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def re_auth_callback(self, _token: object) -> None:
        """The credentials changed: connections made with the old ones are given up once unused."""
        self._give_up()

    def _wait(self) -> Slot:
        """The slot that is handed to this caller in its turn, which may be at once."""
        waiter: Waiter[Slot] = Waiter()
        started = monotonic()
        try:
            self._join(waiter)
            answer = waiter.wait(self.timeout)
        except BaseException:
            self._interrupted(waiter)
            raise
        return self._answered(waiter, answer, monotonic() - started)
