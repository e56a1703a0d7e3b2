"""One of the two sockets of a link, and what is to be sent on it. It never blocks."""

import socket
import struct
from typing import Final

from ...programs.fault_kinds import CutInReply

PIECE: Final = 65_536
"""How many bytes are read at a time."""

_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""For SO_LINGER: what closes a connection with a reset."""


class Endpoint:
    """A socket that counts its bytes."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket: Final = end
        self.unsent = bytearray()
        self.received = 0
        self.sent = 0
        self.is_open = True
        self.is_connected = True
        self.events = 0
        """The events that the relay watches for on it."""

    def receive(self) -> bytes | None:
        """What has come; b"" at the end, None if there is nothing. Raises OSError after a reset."""
        try:
            data = self.socket.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return None
        self.received += len(data)
        return data

    def flush(self) -> None:
        """Send what there is room for. Raises OSError when the other side is gone."""
        while self.unsent and self.is_open and self.is_connected:
            try:
                count = self.socket.send(self.unsent)
            except (BlockingIOError, InterruptedError):
                return
            self.sent += count
            del self.unsent[:count]

    def close(self, how: CutInReply = "hung up") -> None:
        """Close it as a server does, or with a reset."""
        if self.is_open:
            self.is_open = False
            if how == "reset":
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.socket.close()
