"""One connection of a pool and the one to the server that belongs to it.

Only the relay's thread changes a link; any thread may read what is public. A fault can cut or swallow
what the server says.
"""

import selectors
import socket
from collections.abc import Callable
from typing import Final

from ...programs.fault_kinds import CutInReply
from ...server.resp import next_reply
from .endpoint import Endpoint
from .replies_due import RepliesDue
from .socket_info import SocketAddress

MOST: Final = 1 << 20
"""How many bytes may wait for an endpoint that does not read, before no more are read for it."""

WatchSocket = Callable[[socket.socket, int, Callable[[int], None]], None]
"""Tells the relay for which events of a socket to call a function; 0 for none any more."""


class Link:
    """Passes on what the pool and the server say to each other, or what a fault makes of it."""

    def __init__(
        self,
        number: int,
        pool_end: socket.socket,
        pool_address: SocketAddress,
        watch: WatchSocket,
        has_ended: Callable[["Link"], None],
    ) -> None:
        self.number = number
        """From 0, in the order in which the pool connected."""
        self.pool_address = pool_address
        """The address of the pool's own socket, as its `getsockname` has it."""
        self.server_address: str | None = None
        """How the server calls this connection: `addr` in its CLIENT LIST. None if it knows none."""
        self.is_swallowed = False
        """Whether the link is a black hole: all that is sent either way is lost."""
        self.is_half_closed = False
        """Whether the pool was told that no more will come."""
        self.ended: CutInReply | None = None
        """How the pool's socket was closed; None while it is open."""
        self._watch, self._has_ended = watch, has_ended
        self._pool = Endpoint(pool_end)
        self._server: Endpoint | None = None
        self._to_server = bytearray()
        self._kept = bytearray()
        self._cut: tuple[int, CutInReply] | None = None
        self._ending: CutInReply | None = None
        self._due = RepliesDue()
        self._watch_both()

    @property
    def is_open(self) -> bool:
        """Whether the pool's connection to the proxy is open."""
        return self.ended is None

    @property
    def is_admitted(self) -> bool:
        """Whether there is a connection to the server; without one, the pool's connect hangs."""
        return self._server is not None

    @property
    def due(self) -> int:
        """How many replies the server owes; 0 where a stream cannot be read."""
        return self._due.count

    @property
    def withholds(self) -> bool:
        """Whether the pool may wait for a reply that comes only if the fault is ended."""
        return self.is_open and (self.is_swallowed or not self.is_admitted)

    @property
    def received(self) -> int:
        """How many bytes have come from the pool."""
        return self._pool.received

    @property
    def delivered(self) -> int:
        """How many bytes have been sent to the pool."""
        return self._pool.sent

    def is_relayed(self) -> bool:
        """Whether all that has come from either endpoint has been passed on."""
        if not self.is_open or self._server is None:
            return True
        return (
            self._server.is_connected and not self._server.unsent and not self._pool.unsent
        ) or self.is_swallowed

    def __repr__(self) -> str:
        host, port = self.pool_address
        return f"<link {self.number} of {host}:{port} to the server's {self.server_address}>"

    # What the relay's thread does when the proxy is told to.

    def admit(self, family: int, server: tuple[object, ...]) -> None:
        """Connect to the server."""
        if self._server is not None or not self.is_open:
            return
        self._server = endpoint = Endpoint(socket.socket(family, socket.SOCK_STREAM))
        endpoint.is_connected = False
        endpoint.socket.connect_ex(server)  # how it went is said when it can be written to
        endpoint.unsent[:] = self._to_server
        self._to_server.clear()
        self._watch_both()

    def cut_next_reply(self, count: int, then: CutInReply) -> None:
        """Deliver `count` bytes of the next reply, never all of them, and end the connection."""
        self._cut = count, then
        self._pass_on()

    def swallow(self) -> None:
        """Lose all that is sent from now on, and what has not been delivered."""
        self.is_swallowed = True
        self._ending = None
        for lost in (self._kept, self._to_server, self._pool.unsent):
            lost.clear()
        if self._server is not None:
            self._server.unsent.clear()
        self._watch_both()

    def half_close(self) -> None:
        """Tell the pool that no more will come, and still take what it sends."""
        if not self.is_half_closed and self.is_open:
            self.is_half_closed = True
            self._kept.clear()
            self._pool.unsent.clear()
            self._attempt(lambda: self._pool.socket.shutdown(socket.SHUT_WR))
            self._watch_both()

    def end(self, how: CutInReply) -> None:
        """Close both connections, the pool's in this way. What has not been delivered is lost."""
        if self.is_open:
            self.ended = how
            for endpoint in (self._pool, self._server):
                if endpoint is not None:
                    self._watch_endpoint(endpoint, 0, self._on_pool)
            self._pool.close(how)
            if self._server is not None:
                self._server.close()
            for rest in (self._kept, self._to_server, self._pool.unsent):
                rest.clear()
            self._has_ended(self)

    def push(self, data: bytes) -> None:
        """Send the pool what nobody asked for."""
        if not self.is_half_closed:
            self._pool.unsent += data
            self._flush()

    def drop_sockets(self) -> None:
        """Close both sockets in a forked child, where they are copies."""
        for endpoint in (self._pool, self._server):
            if endpoint is not None:
                endpoint.socket.close()

    # What happens on the sockets.

    def _on_pool(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._flush()
        if events & selectors.EVENT_READ and self.is_open:
            try:
                data = self._pool.receive()
            except OSError:
                data = b""
            if data == b"":
                self._pool_has_ended()
            elif data:
                self._take_from_pool(data)

    def _on_server(self, events: int) -> None:
        assert self._server is not None
        if not self._server.is_connected:
            self._connected()
        if events & selectors.EVENT_WRITE:
            self._flush()
        if events & selectors.EVENT_READ and self.is_open and self._server.is_open:
            try:
                data = self._server.receive()
            except OSError:
                self._server_has_ended("reset")
                return
            if data == b"":
                self._server_has_ended("hung up")
            elif data:
                self._take_from_server(data)

    def _connected(self) -> None:
        assert self._server is not None
        error = self._server.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            # A pool that spoke to the server itself would have been refused.
            self._server_has_ended("reset")
            return
        host, port, *_ = self._server.socket.getsockname()
        self.server_address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._server.is_connected = True
        self._watch_both()

    def _take_from_pool(self, data: bytes) -> None:
        if self.is_swallowed:
            return
        self._due.sent(data)
        unsent = self._to_server if self._server is None else self._server.unsent
        unsent += data
        self._flush()

    def _take_from_server(self, data: bytes) -> None:
        if self.is_swallowed:
            return
        self._due.replied(data)
        if not self.is_half_closed:
            self._kept += data
            self._pass_on()

    def _pool_has_ended(self) -> None:
        """Close the server's connection, too, even in a black hole: none there outlives the pool's."""
        if self._server is not None and self._server.is_connected:
            self._attempt(self._server.flush)
        self.end("hung up")

    def _server_has_ended(self, how: CutInReply) -> None:
        assert self._server is not None
        self._watch_endpoint(self._server, 0, self._on_server)
        self._server.close()
        if self.is_swallowed:
            return
        self._ending = how
        self._cut = None  # there is no next reply
        self._pass_on()

    def _pass_on(self) -> None:
        """Give the pool what it may have."""
        if self._cut is not None:
            self._cut_if_complete(*self._cut)
        else:
            self._pool.unsent += self._kept
            self._kept.clear()
        self._flush()

    def _cut_if_complete(self, count: int, then: CutInReply) -> None:
        begin, end = next_reply(bytes(self._kept))
        self._pool.unsent += self._kept[:begin]
        del self._kept[:begin]
        if end is None:
            return
        self._pool.unsent += self._kept[: min(count, end - begin - 1)]
        self._kept.clear()
        self._cut = None
        self._ending = then

    def _flush(self) -> None:
        """Send what can be sent; then end the link, if it is to end and nothing is left to send."""
        if self.is_open:
            self._attempt(self._pool.flush)
        if self.is_open and self._server is not None and self._server.is_open:
            self._attempt_server(self._server)
        if self._ending and not (self._pool.unsent or self._kept):
            self.end(self._ending)
        self._watch_both()

    def _attempt(self, send: Callable[[], None]) -> None:
        try:
            send()
        except OSError:
            self.end("hung up")

    def _attempt_server(self, server: Endpoint) -> None:
        try:
            server.flush()
        except OSError:
            server.unsent.clear()  # that it has ended is read, after what it said before

    def _watch_both(self) -> None:
        """Watch each socket for what can be done with it now."""
        if not self.is_open:
            return
        backlog = len(self._to_server if self._server is None else self._server.unsent)
        events = selectors.EVENT_READ if backlog < MOST else 0
        events |= selectors.EVENT_WRITE if self._pool.unsent else 0
        self._watch_endpoint(self._pool, events, self._on_pool)
        if self._server is not None and self._server.is_open:
            backlog = len(self._pool.unsent) + len(self._kept)
            events = selectors.EVENT_READ if backlog < MOST else 0
            if self._server.unsent or not self._server.is_connected:
                events |= selectors.EVENT_WRITE
            self._watch_endpoint(self._server, events, self._on_server)

    def _watch_endpoint(self, endpoint: Endpoint, events: int, call: Callable[[int], None]) -> None:
        if endpoint.events != events:
            endpoint.events = events
            self._watch(endpoint.socket, events, call)
