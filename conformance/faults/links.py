"""What the proxy does to single connections of the pools, where they connect through it.

The server's number for a connection leads to the address that the server sees it come from, and that
to the link in the proxy. Each of these returns when the pool's socket shows it; where the system does
not say what a socket shows, nothing is done.
"""

from collections.abc import Mapping
from typing import Final

from ..callers.driver import Driver, Surroundings
from ..programs.fault_kinds import CutByNetwork, CutInReply, CutKind
from .network import Link, Proxy, ends

ENDED: Final[Mapping[CutKind, str]] = {
    "closed by the server": "CLIENT KILL",
    "hung up": "it is closed at its other end",
    "half-closed": "its other end says that no more will come",
    "reset": "reset",
}
"""How it is said of one connection."""

STRAY: Final = b"+stray\r\n"
"""A reply to nothing. A push of the newer protocol would be none: whoever reads may put it aside."""


class Links(Driver):
    """Has it done at moments at which nothing moves."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._half_closed: set[int] = set()
        """Connections that have ended for their pool, and not for the server."""
        self._late: list[tuple[str, int, Mapping[ends.Address, ends.Seen]]] = []
        """The replies that nobody will read, and that come when the server can be reached again: of
        which pool, on which connection, and what the sockets showed before that may be its."""

    def _link_of(self, number: int) -> Link | None:
        """The link of a connection that has not ended; None if it does not go through the proxy."""
        if self._proxy is None:
            return None
        address = self._monitor.address_of(number)
        for link in self._proxy.links():
            if link.server_address == address and not link.is_half_closed:
                return link
        return None

    def _end(self, number: int, how: CutKind) -> bool:
        """Have a connection end in one of the ways of the network; whether it has."""
        if self._proxy is None or how == "closed by the server" or not sockets_show():
            return False
        link = self._link_of(number)
        if link is None:
            return False
        end(self._proxy, how, link)
        if how == "half-closed":
            self._half_closed.add(number)
        return True

    def _cut_next_reply(self, number: int, after: int, how: CutInReply) -> Link | None:
        """Have a connection end in the middle of the next reply on it; its link, if it will."""
        if self._proxy is None or not sockets_show():
            return None
        link = self._link_of(number)
        if link is not None:
            self._proxy.cut_next_reply(link, after=after, then=how)
        return link

    def _push(self, number: int) -> bool:
        """Have the stray reply arrive on a connection; whether it has."""
        if self._proxy is None or not sockets_show():
            return False
        link = self._link_of(number)
        if link is None:
            return False
        self._proxy.push(link, data=STRAY)
        return True


def sockets_show() -> bool:
    """Whether the system says what the sockets of the pools show: only then can a pool be blamed."""
    return ends.can_be_seen()


def end(proxy: Proxy, how: CutByNetwork, *links: Link) -> None:
    """Have these connections end in this way."""
    match how:
        case "hung up":
            proxy.hang_up(*links)
        case "half-closed":
            proxy.half_close(*links)
        case "reset":
            proxy.reset(*links)
