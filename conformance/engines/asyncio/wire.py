"""A socket that knows how many replies are still to come.

asyncio's transports write with `send` or `sendmsg` and read with `recv` or `recv_into`, in all
versions; what passes through these is counted. What arrives is fetched as soon as it is there, and kept
until the loop delivers it: in how many pieces it came is up to the machine, and is not seen.
"""

import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Literal

from ...server.resp import PUSH, NotRedis, Scanner

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_UNPAIRED: Final = frozenset(
    (b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE", b"MONITOR", b"SYNC", b"PSYNC")
)
"""Commands after which what arrives cannot be matched with what was sent."""


PIECE: Final = 65_536
"""How many bytes are fetched at a time."""


class Wire(socket.socket):
    """One connection to a server, seen from the client."""

    def __init__(self, taken_from: socket.socket, closed: Callable[["Wire"], None]) -> None:
        """Take the connection over; the socket it had is detached."""
        family, kind, protocol = taken_from.family, taken_from.type, taken_from.proto
        super().__init__(family, kind, protocol, fileno=taken_from.detach())
        self.setblocking(False)
        self.number = self.fileno()
        """Its file descriptor, also after it was closed."""
        self.held = False
        """Whether what the server sent is kept from the program, as if it was still on the way."""
        self._fault: str | None = None
        self._closed_callback = closed
        self._commands = Scanner(plain_lines=True)
        self._replies = Scanner()
        self._due = 0
        self._paired = True
        self._over = False
        self._kept = bytearray()
        self._kept_replies = 0
        self._end: OSError | Literal["hung up"] | None = None

    @property
    def outstanding(self) -> int:
        """How many replies are still to come, as the program sees it."""
        return self._due + self._kept_replies if self._paired and not self._over else 0

    @property
    def on_its_way(self) -> bool:
        """Whether a reply has not arrived."""
        return self._due > 0 and self._paired and self._end is None and not self._over

    @property
    def has_arrived(self) -> bool:
        """Whether there is something to deliver."""
        return bool(self._kept) or self._end is not None

    def fetch(self) -> None:
        """Keep what has arrived."""
        while self._end is None:
            try:
                data = super().recv(PIECE)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._end = error
            else:
                self._count_replies(data)
                self._kept += data
                if not data:
                    self._end = "hung up"

    @property
    def over(self) -> bool:
        """Whether the program learnt that the server hung up."""
        return self._over

    def take_fault(self) -> str | None:
        """Why the stream cannot be read, when that has not been said yet."""
        fault, self._fault = self._fault, None
        return fault

    def send(self, data: "ReadableBuffer", flags: int = 0, /) -> int:
        """Send, and count commands."""
        try:
            sent = super().send(data, flags)
        except OSError as error:
            self._note(error)
            raise
        self._count_commands(bytes(memoryview(data).cast("B")[:sent]))
        return sent

    def sendmsg(self, buffers: "Iterable[ReadableBuffer]", /, *rest: object) -> int:
        """Send, and count commands."""
        if rest:
            raise TypeError("only buffers are counted")
        pieces = list(buffers)
        try:
            sent = super().sendmsg(pieces)
        except OSError as error:
            self._note(error)
            raise
        self._count_commands(b"".join(memoryview(piece).cast("B") for piece in pieces)[:sent])
        return sent

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive what was kept."""
        self.fetch()
        if not self._kept:
            if isinstance(self._end, OSError):
                self._over = True
                raise self._end
            if self._end is None:
                raise BlockingIOError
            self._over = True
            return b""
        data = bytes(self._kept[:bufsize])
        if not flags & socket.MSG_PEEK:
            del self._kept[:bufsize]
            if not self._kept:
                self._kept_replies = 0
        return data

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0) -> int:
        """Receive what was kept."""
        view = memoryview(buffer).cast("B")
        data = self.recv(nbytes or len(view), flags)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close it; nothing more will come."""
        self._over = True
        self._closed_callback(self)
        super().close()

    def _note(self, error: OSError) -> None:
        if not isinstance(error, BlockingIOError | InterruptedError):
            self._over = True

    def _count_commands(self, data: bytes) -> None:
        try:
            for message in self._commands.feed(data):
                self._due += 1
                if message.word in _UNPAIRED:
                    self._paired = False
        except NotRedis as error:
            self._paired, self._fault = False, f"what was sent cannot be read: {error}"

    def _count_replies(self, data: bytes) -> None:
        try:
            for message in self._replies.feed(data):
                # A server that refuses a connection says so unasked: that answers no command.
                if message.kind != PUSH and self._due:
                    self._due -= 1
                    self._kept_replies += 1
        except NotRedis as error:
            self._paired, self._fault = False, f"what was received cannot be read: {error}"
