"""
One of a pool's `max_connections` places, the connection in it, and whether that connection may be
handed out as it is: connected, and with nothing on it to read. Something to read is either the end
of the stream or a reply to somebody else's command; the next caller must see neither.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import TYPE_CHECKING

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from .base import BaseSlot, never

if TYPE_CHECKING:  # older clients have no such class
    from redis.connection import AbstractConnection


class Slot(BaseSlot["AbstractConnection"]):
    """A slot of the pool for threads."""

    __slots__ = ("_poll", "_sock", "_unread")

    def __init__(self) -> None:
        super().__init__()
        self._sock: object = None
        self._poll: Callable[[float], object] = bool
        self._unread: Callable[[], object] = never

    def ready(self) -> AbstractConnection | None:
        """The connection, if it may be handed out as it is."""
        connection = self.connection
        # None without a connection or when it is disconnected. A class that keeps its socket
        # elsewhere stands for its socket.
        sock = getattr(connection, "_sock", connection)
        if sock is None:
            return None
        try:
            if sock is not self._sock:
                self._watch(sock)
            return None if self._poll(0) or self._unread() else connection
        except (RedisError, OSError, ValueError):
            return None

    def open(self, new_connection: Callable[[], AbstractConnection]) -> AbstractConnection:
        """Connect, afresh if need be. Talks to the server: never under a lock."""
        connection = self.connection or new_connection()
        try:
            connection.disconnect()
            connection.connect()
            self.connection = connection
            self.should_reconnect = getattr(connection, "should_reconnect", never)
            if self.ready() is None:
                raise RedisConnectionError(
                    "the server closed a new connection, or sent data unasked"
                )
        except BaseException:
            # Whatever happened, a connection that got halfway is nobody's.
            self.connection = None
            connection.disconnect()
            raise
        return connection

    def close(self) -> None:
        """Disconnect what is in the slot."""
        if self.connection is not None:
            self.connection.disconnect()

    def _watch(self, sock: object) -> None:
        """Find, once for this socket, the cheapest way to ask: `can_read` costs three times a poll."""
        self._sock, self._poll, self._unread = (
            sock,
            getattr(self.connection, "can_read", bool),
            never,
        )
        parser = getattr(self.connection, "_parser", None)
        unread = unread_by(parser)
        # Only `can_read` knows of bytes that TLS has decrypted, and of the whole reply that the
        # hiredis parser of redis-py 4 may hold.
        hidden = hasattr(sock, "pending") or hasattr(parser, "_next_response")
        if unread and not hidden and hasattr(sock, "fileno") and hasattr(select, "poll"):
            poll = select.poll()
            poll.register(sock.fileno(), select.POLLIN)
            self._poll, self._unread = poll.poll, unread


def unread_by(parser: object) -> Callable[[], object] | None:
    """How to ask a parser of redis-py whether it has read more than it has parsed."""
    reader, buffer = getattr(parser, "_reader", None), getattr(parser, "_buffer", None)
    # The Python parser empties its buffer whenever it has parsed all that was in it.
    contents = getattr(getattr(buffer, "_buffer", None), "getvalue", None)
    return getattr(reader, "has_data", contents)
