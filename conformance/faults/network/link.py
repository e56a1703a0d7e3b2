"""One connection of a pool and the one to the server that belongs to it.

Only the relay's thread moves a link; anybody may read what is public. Between the two sockets stands
what a fault does to them: what the server says can be cut or swallowed.
"""

import selectors
import socket
from collections.abc import Callable
from typing import Final

from ...programs.fault_kinds import CutInReply
from ...server.resp import PUSH, NotRedis, Scanner
from .ends import Address
from .side import Side

MOST: Final = 1 << 20
"""How many bytes may wait for one who does not read before nothing more is read for it."""

Watch = Callable[[socket.socket, int, Callable[[int], None]], None]
"""Have the relay look out for events of a socket; for none: no more."""


class Link:
    """Passes on what the pool and the server say to each other, and what a fault makes of it."""

    def __init__(
        self,
        number: int,
        pool_end: socket.socket,
        pool_address: Address,
        watch: Watch,
        has_ended: Callable[["Link"], None],
    ) -> None:
        self.number = number
        """From 0, in the order in which the pool connected."""
        self.pool_address = pool_address
        """Of the pool's own socket, as its `getsockname` has it."""
        self.server_address: str | None = None
        """How the server knows this connection: `addr` in its CLIENT LIST. None: it does not."""
        self.commands = 0
        """How many the pool has sent."""
        self.replies = 0
        """How many the server has sent, delivered or not; without what it pushes."""
        self.is_swallowed = False
        """Whether all that is sent either way is lost: it is a black hole."""
        self.is_half_closed = False
        """Whether the pool was told that no more will come."""
        self.ended: CutInReply | None = None
        """How the pool's socket was closed, when it was."""
        self._watch, self._has_ended = watch, has_ended
        self._pool = Side(pool_end)
        self._server: Side | None = None
        self._to_server = bytearray()
        self._kept = bytearray()
        self._cut: tuple[int, CutInReply] | None = None
        self._ending: CutInReply | None = None
        self._commands: Scanner | None = Scanner(plain_lines=True)
        self._replies: Scanner | None = Scanner()
        self._look_out()

    @property
    def is_open(self) -> bool:
        """Whether the pool's connection to the proxy is."""
        return self.ended is None

    @property
    def is_admitted(self) -> bool:
        """Whether there is a connection to the server; if not, its connect hangs."""
        return self._server is not None

    @property
    def due(self) -> int:
        """How many replies the server owes. Meaningless where a stream cannot be read."""
        return self.commands - self.replies if self._commands and self._replies else 0

    @property
    def withholds(self) -> bool:
        """Whether the pool may wait for a reply that does not come as long as nothing is done."""
        return self.is_open and (self.is_swallowed or not self.is_admitted)

    @property
    def received(self) -> int:
        """How many bytes have come from the pool."""
        return self._pool.received

    @property
    def delivered(self) -> int:
        """How many bytes were sent to the pool."""
        return self._pool.sent

    def is_relayed(self) -> bool:
        """Whether nothing that has come is on its way through here."""
        if not self.is_open or self._server is None:
            return True
        return (
            self._server.is_connected and not self._server.unsent and not self._pool.unsent
        ) or self.is_swallowed

    def __repr__(self) -> str:
        host, port = self.pool_address
        return f"<link {self.number} of {host}:{port} to the server's {self.server_address}>"

    # What the relay's thread does on behalf of who controls the proxy.

    def admit(self, family: int, server: tuple[object, ...]) -> None:
        """Connect to the server."""
        if self._server is not None or not self.is_open:
            return
        self._server = side = Side(socket.socket(family, socket.SOCK_STREAM))
        side.is_connected = False
        side.socket.connect_ex(server)  # how it went is said when it can be written to
        side.unsent[:] = self._to_server
        self._to_server.clear()
        self._look_out()

    def cut_next_reply(self, count: int, then: CutInReply) -> None:
        """Deliver `count` bytes of the next reply, at least one less than all, and then ..."""
        self._cut = count, then
        self._pass_on()

    def swallow(self) -> None:
        """Let all be lost, what is kept included."""
        self.is_swallowed = True
        self._ending = None
        for lost in (self._kept, self._to_server, self._pool.unsent):
            lost.clear()
        if self._server is not None:
            self._server.unsent.clear()
        self._look_out()

    def half_close(self) -> None:
        """Tell the pool that no more will come, and go on to take what it says."""
        if not self.is_half_closed and self.is_open:
            self.is_half_closed = True
            self._kept.clear()
            self._pool.unsent.clear()
            self._attempt(lambda: self._pool.socket.shutdown(socket.SHUT_WR))
            self._look_out()

    def end(self, how: CutInReply) -> None:
        """Close both connections, the pool's in this way. What is kept is lost."""
        if self.is_open:
            self.ended = how
            for side in (self._pool, self._server):
                if side is not None:
                    self._look_out_for(side, 0, self._on_pool)
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
        """Close them, as copies that nobody will miss."""
        for side in (self._pool, self._server):
            if side is not None:
                side.socket.close()

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
        self._look_out()

    def _take_from_pool(self, data: bytes) -> None:
        if self.is_swallowed:
            return
        self._count_commands(data)
        unsent = self._to_server if self._server is None else self._server.unsent
        unsent += data
        self._flush()

    def _take_from_server(self, data: bytes) -> None:
        if self.is_swallowed:
            return
        self._count_replies(data)
        if not self.is_half_closed:
            self._kept += data
            self._pass_on()

    def _pool_has_ended(self) -> None:
        """Tell the server, also from within a black hole: no connection there outlives the pool's."""
        if self._server is not None and self._server.is_connected:
            self._attempt(self._server.flush)
        self.end("hung up")

    def _server_has_ended(self, how: CutInReply) -> None:
        assert self._server is not None
        self._look_out_for(self._server, 0, self._on_server)
        self._server.close()
        if self.is_swallowed:
            return
        self._ending = how
        self._cut = None  # there is no next reply
        self._pass_on()

    def _pass_on(self) -> None:
        """Let the pool have what it may have."""
        if self._cut is not None:
            self._cut_if_complete(*self._cut)
        else:
            self._pool.unsent += self._kept
            self._kept.clear()
        self._flush()

    def _cut_if_complete(self, count: int, then: CutInReply) -> None:
        begin, end = _next_reply(bytes(self._kept))
        self._pool.unsent += self._kept[:begin]
        del self._kept[:begin]
        if end is None:
            return
        self._pool.unsent += self._kept[: min(count, end - begin - 1)]
        self._kept.clear()
        self._cut = None
        self._ending = then

    def _flush(self) -> None:
        """Send what can be sent; and end, when that was all and it is the end."""
        if self.is_open:
            self._attempt(self._pool.flush)
        if self.is_open and self._server is not None and self._server.is_open:
            self._attempt_server(self._server)
        if self._ending and not (self._pool.unsent or self._kept):
            self.end(self._ending)
        self._look_out()

    def _attempt(self, send: Callable[[], None]) -> None:
        try:
            send()
        except OSError:
            self.end("hung up")

    def _attempt_server(self, server: Side) -> None:
        try:
            server.flush()
        except OSError:
            server.unsent.clear()  # that it has ended is read, after what it said before

    def _look_out(self) -> None:
        """Look out for what could be done."""
        if not self.is_open:
            return
        backlog = len(self._to_server if self._server is None else self._server.unsent)
        events = selectors.EVENT_READ if backlog < MOST else 0
        events |= selectors.EVENT_WRITE if self._pool.unsent else 0
        self._look_out_for(self._pool, events, self._on_pool)
        if self._server is not None and self._server.is_open:
            backlog = len(self._pool.unsent) + len(self._kept)
            events = selectors.EVENT_READ if backlog < MOST else 0
            if self._server.unsent or not self._server.is_connected:
                events |= selectors.EVENT_WRITE
            self._look_out_for(self._server, events, self._on_server)

    def _look_out_for(self, side: Side, events: int, call: Callable[[int], None]) -> None:
        if side.events != events:
            side.events = events
            self._watch(side.socket, events, call)

    def _count_commands(self, data: bytes) -> None:
        if self._commands is not None:
            try:
                self.commands += len(self._commands.feed(data))
            except NotRedis:
                self._commands = None

    def _count_replies(self, data: bytes) -> None:
        if self._replies is not None:
            try:
                messages = self._replies.feed(data)
            except NotRedis:
                self._replies = None
                return
            # A server that turns a connection away says so unasked: that answers no command.
            answers = sum(message.kind != PUSH for message in messages)
            self.replies = min(self.replies + answers, self.commands)


def _next_reply(data: bytes) -> tuple[int, int | None]:
    """Where the next reply begins, after what is pushed before it, and ends, if it is complete."""
    scanner = Scanner()
    begin = 0
    for place in range(len(data)):
        try:
            messages = scanner.feed(data[place : place + 1])
        except NotRedis:
            return begin, len(data)
        if messages and messages[0].kind != PUSH:
            return begin, place + 1
        if messages:
            begin = place + 1
    return begin, None
