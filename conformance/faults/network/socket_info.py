"""What the sockets show that a pool of this process has connected to an address.

Whoever sends to another socket learns when the system has taken the bytes, not when they are there.
But a pool that looks whether something is unread looks at its own socket; so before a program relies
on what a pool could see, it is asked of that socket itself, which Linux answers to the byte. Where it
does not (other systems, sockets of other processes), nothing is known and nothing waited for.
"""

import os
import select
import socket
import stat
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...isolation import real

SocketAddress = tuple[str, int]

DESCRIPTORS = "/proc/self/fd"

ESTABLISHED, CLOSED = 1, 7
"""What `struct tcp_info` says of the state of a connection; a reset one is closed."""

_STATE = struct.Struct("=B")
_RECEIVED, _UNSENT = (128, struct.Struct("=Q")), (144, struct.Struct("=I"))
_SENT, _SENT_AGAIN = (200, struct.Struct("=Q")), (208, struct.Struct("=Q"))
_LONG_ENOUGH = 216


@dataclass(frozen=True, slots=True)
class SocketInfo:
    """What one socket shows."""

    state: int
    written: int
    """How many bytes the program has sent, whether they have left or not."""
    arrived: int
    """How many bytes have come, whether the program has read them or not."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is to arrive at a socket."""

    count: int = 0
    """How many bytes in all."""
    hangs_up: bool = False
    is_reset: bool = False

    def is_seen(self, seen: SocketInfo) -> bool:
        """Whether all of it has arrived."""
        if self.is_reset or seen.state == CLOSED:
            return seen.state == CLOSED
        return seen.arrived >= self.count and not (self.hangs_up and seen.state == ESTABLISHED)


class PoolSockets:
    """The sockets connected to an address, by their own addresses."""

    def __init__(self, sockets: Mapping[SocketAddress, socket.socket]) -> None:
        self._sockets = sockets

    def seen(self) -> Mapping[SocketAddress, SocketInfo]:
        """What each of them shows."""
        return {address: _seen(end) for address, end in self._sockets.items()}

    def await_arrival(
        self, expected: Mapping[SocketAddress, Arrival], bound_s: float
    ) -> tuple[SocketAddress, ...]:
        """Wait until all of this has arrived; returns where it did not in time.

        A socket that is none of this process, or is closed already, is not waited for.
        """
        missing = {
            address: self._sockets[address] for address in expected if address in self._sockets
        }

        def look() -> bool:
            for address, end in list(missing.items()):
                if expected[address].is_seen(_seen(end)):
                    del missing[address]
            return not missing

        _look_until(look, [*missing.values()], bound_s)
        return tuple(missing)

    def await_that(
        self, is_so: Callable[[Mapping[SocketAddress, SocketInfo]], bool], bound_s: float
    ) -> bool:
        """Wait until they show this, for as long as the bound; whether they do."""
        return _look_until(lambda: is_so(self.seen()), [*self._sockets.values()], bound_s)


def _look_until(look: Callable[[], bool], ends: Sequence[socket.socket], bound_s: float) -> bool:
    """Look after each arrival at one of these, until what is looked for is there or time is up."""
    if look():
        return True
    # Told of each arrival, also where something is unread already.
    with select.epoll() as arrivals:
        for end in ends:
            arrivals.register(end, select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET)
        give_up_s = real.monotonic() + bound_s
        while not (found := look()) and (left_s := give_up_s - real.monotonic()) > 0:
            arrivals.poll(left_s)
    return found


@contextmanager
def pool_sockets(*peers: SocketAddress) -> Iterator[PoolSockets]:
    """Those connected to one of these addresses; none, where it cannot be seen what they show."""
    if is_available():
        with _connected_to(*peers) as sockets:
            yield PoolSockets(sockets)
    else:
        yield PoolSockets({})


@cache
def is_available() -> bool:
    """Whether this system says of a socket what has arrived at it; found out by trying."""
    if not hasattr(socket, "TCP_INFO") or not Path(DESCRIPTORS).is_dir():
        return False
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        peer: SocketAddress = listener.getsockname()
        real.connect(client, peer)
        server, address = listener.accept()
        with server, _connected_to(peer) as sockets:
            server.sendall(b"to")
            client.sendall(b"from")
            # The bytes have come when they can be read, which is what is to be seen.
            readable, _, _ = select.select([client], [], [], 1.0)
            return bool(readable) and _seen(sockets[address]) == SocketInfo(ESTABLISHED, 4, 2)


@contextmanager
def _connected_to(*peers: SocketAddress) -> Iterator[Mapping[SocketAddress, socket.socket]]:
    """Second descriptors of the sockets connected to these addresses, by their own addresses.

    A second one, because the first is the pool's: it may close it at any time.
    """
    with ExitStack() as opened:
        ends: dict[SocketAddress, socket.socket] = {}
        for number in map(int, os.listdir(DESCRIPTORS)):  # noqa: PTH208 - numbers, and often
            try:
                if not stat.S_ISSOCK(os.fstat(number).st_mode):
                    continue
                copy = socket.socket(fileno=os.dup(number))
            except OSError:
                continue  # closed meanwhile
            # All but theirs are closed at once: as long as there is a second descriptor, closing
            # the first one closes nothing.
            if _is_connected_to(peers, copy):
                ends[copy.getsockname()[:2]] = opened.enter_context(copy)
            else:
                copy.close()
        yield ends


def _is_connected_to(peers: Sequence[SocketAddress], end: socket.socket) -> bool:
    try:
        is_tcp = end.family in (socket.AF_INET, socket.AF_INET6)
        return is_tcp and end.getpeername()[:2] in peers
    except OSError:
        return False  # connected to nobody: not yet, or not any more


def _seen(end: socket.socket) -> SocketInfo:
    told = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    if len(told) < _LONG_ENOUGH:
        return SocketInfo(0, 0, 0)
    (state,) = _STATE.unpack_from(told)
    received, unsent, sent, again = (
        form.unpack_from(told, place)[0] for place, form in (_RECEIVED, _UNSENT, _SENT, _SENT_AGAIN)
    )
    return SocketInfo(state, sent - again + unsent, received)
