"""
One of a pool's places, for asyncio. A connection may be handed out as it is when there is nothing to
read, neither in its stream nor in its parser: it would be the end of the stream, or a reply to somebody
else's command. The stream is as the loop left it when it last looked at its sockets. To look again here
would take longer than all the rest, and what arrives a moment later would not be seen either.
"""
# ruff: noqa: SLF001  # neither redis-py nor asyncio has a public way to ask or to close at once

from __future__ import annotations

from asyncio import StreamReader, get_running_loop
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from redis.exceptions import ConnectionError as RedisConnectionError

from ..base import BaseSlot, never
from ..slot import unread_by

if TYPE_CHECKING:  # older clients have no such class
    from redis.asyncio.connection import AbstractConnection


class Slot(BaseSlot["AbstractConnection"]):
    """A slot of the pool for asyncio."""

    __slots__ = ("_is_closing", "_loop_is_closed", "_parsing", "_reader")

    def __init__(self) -> None:
        super().__init__()
        self._reader: StreamReader | None = None
        self._parsing: Callable[[], object] = never
        self._is_closing: Callable[[], bool] = never
        self._loop_is_closed: Callable[[], bool] = never

    def ready(self) -> AbstractConnection | None:
        """The connection, if it may be handed out as it is."""
        connection = self.connection
        if connection is None:
            return None
        reader = connection._reader
        if reader is None:
            return None
        if reader is not self._reader:
            self._watch(connection, reader)
        if (
            reader._buffer  # type: ignore[attr-defined]  # named in no stub
            or reader._eof  # type: ignore[attr-defined]  # ditto; at_eof() takes three times as long
            or self._parsing()
            or self._is_closing()
            or self._loop_is_closed()
        ):
            return None
        return connection

    async def open(self, new_connection: Callable[[], AbstractConnection]) -> AbstractConnection:
        """Put a new connection in the place of what is there, and connect it."""
        self.close()
        self.connection = None
        connection = new_connection()
        try:
            await connection.connect()
            self.connection = connection
            self.should_reconnect = getattr(connection, "should_reconnect", never)
            if self.ready() is None:
                raise RedisConnectionError(
                    "the server closed a new connection, or sent data unasked"
                )
        except BaseException:
            # Whatever happened, a connection that got halfway is nobody's.
            self.connection = None
            hang_up(connection)
            raise
        return connection

    def close(self) -> None:
        """Disconnect what is in the slot."""
        if self.connection is not None:
            hang_up(self.connection)

    def _watch(self, connection: AbstractConnection, reader: StreamReader) -> None:
        """Find, once for this stream, whom to ask."""
        writer, parser = connection._writer, connection._parser
        assert writer is not None
        self._parsing = unread_by(parser) or never
        if hasattr(parser, "_chunks"):
            # What the Python parser has read of a reply that is not complete is in one of these.
            self._parsing = lambda: parser._chunks or parser._buffer  # type: ignore[attr-defined]  # has both
        self._is_closing = writer.transport.is_closing
        self._loop_is_closed = get_running_loop().is_closed
        self._reader = reader


def hang_up(connection: AbstractConnection) -> None:
    """Close the socket now: `disconnect` awaits, and whoever awaits may be cancelled."""
    writer = connection._writer
    # As `disconnect` leaves it: the holder, if there is one, connects anew.
    connection._reader = connection._writer = None
    if writer is not None:
        with suppress(RuntimeError):  # the loop it belonged to is closed
            writer.transport.abort()
