"""
A reply that is kept from its readers: the reply to one command, which is known by a mark in it.

A conducted thread that reads on where that command was sent parks instead, and can be interrupted
there, as Ctrl-C interrupts a read that blocks. The caller must make the server withhold the reply,
too: a pool that only looks whether there is anything to read is not deceived.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakSet

from .gate import Gate
from .task import Task

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

LOOKS = socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0)
"""A read with one of these flags only looks, or does not wait."""


class KeptReply:
    """The reply, as long as it is kept."""

    def __init__(self, mark: bytes, after_reads: int) -> None:
        self._mark = mark
        self._passing = after_reads
        """How many reads are let pass before."""
        self._gate = Gate("a reply")
        self._gate.close()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        """On which the command was sent."""

    def is_awaited_by(self, task: Task) -> bool:
        """Whether this thread is parked in a read where the command was sent."""
        return task.at_gate is self._gate

    def let_come(self) -> None:
        """Let every thread read it; those that are parked go on at the next run."""
        self._gate.open()

    def notice(self, sending: socket.socket, data: "ReadableBuffer") -> None:
        """Something is being sent."""
        if self._mark in bytes(data):
            self._sockets.add(sending)

    def hold_back(self, reading: socket.socket, flags: int) -> None:
        """Return when the calling thread may read."""
        if reading not in self._sockets or reading.gettimeout() == 0 or flags & LOOKS:
            return
        if self._passing > 0:
            self._passing -= 1
        else:
            self._gate.pass_through()


@contextmanager
def kept_reply(mark: bytes, after_reads: int = 0) -> Iterator[KeptReply]:
    """Keep the reply to the command in which this comes, which is sent meanwhile."""
    kept = KeptReply(mark, after_reads)
    replacements = _replacements(kept)
    before = {name: vars(socket.socket).get(name) for name in replacements}
    for name, replacement in replacements.items():
        setattr(socket.socket, name, replacement)
    try:
        yield kept
    finally:
        kept.let_come()
        for name, original in before.items():
            if original is None:
                delattr(socket.socket, name)  # it was inherited
            else:
                setattr(socket.socket, name, original)


def _replacements(kept: KeptReply) -> dict[str, Callable[..., object]]:
    real_send, real_sendall = socket.socket.send, socket.socket.sendall
    real_recv, real_recv_into = socket.socket.recv, socket.socket.recv_into

    def send(sending: socket.socket, data: "ReadableBuffer", flags: int = 0, /) -> int:
        kept.notice(sending, data)
        return real_send(sending, data, flags)

    def sendall(sending: socket.socket, data: "ReadableBuffer", flags: int = 0, /) -> None:
        kept.notice(sending, data)
        real_sendall(sending, data, flags)

    def recv(reading: socket.socket, size: int, flags: int = 0, /) -> bytes:
        kept.hold_back(reading, flags)
        return real_recv(reading, size, flags)

    def recv_into(
        reading: socket.socket, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0
    ) -> int:
        kept.hold_back(reading, flags)
        return real_recv_into(reading, buffer, nbytes, flags)

    return {"send": send, "sendall": sendall, "recv": recv, "recv_into": recv_into}
