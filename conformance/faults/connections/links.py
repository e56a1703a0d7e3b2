"""What the proxy does to the connections of the pools, where they connect through it.

The server's number for a connection leads to the address that the server sees it come from, and that
to the link in the proxy. Each of these returns when the pool's socket shows it; where the system does
not say what a socket shows, nothing is done to single connections.
"""

from collections.abc import Mapping
from typing import Final

from ...programs.fault_kinds import CutByNetwork, CutInReply, CutKind
from ...server.monitor import Monitor
from ..network import Link, Proxy, socket_info

ENDED: Final[Mapping[CutKind, str]] = {
    "closed by the server": "CLIENT KILL",
    "hung up": "it is closed at its other end",
    "half-closed": "its other end says that no more will come",
    "reset": "reset",
}
"""How it is said of one connection."""

STRAY: Final = b"+stray\r\n"
"""A reply to nothing. A push of the newer protocol would be none: whoever reads may put it aside."""

ARRIVING_S = 3.0
"""How long what the server has sent may take to be there. What is not is nobody's fault."""


class Links:
    """The connections of one program's pools, as the proxy has them; none if there is no proxy."""

    def __init__(self, proxy: Proxy | None, monitor: Monitor) -> None:
        self._proxy = proxy
        self._monitor = monitor
        self.half_closed: set[int] = set()
        """Connections that have ended for their pool, and not for the server."""
        self.are_used = False
        """Whether a pool has been seen to connect through the proxy."""

    def look(self) -> None:
        """See whether pools connect through the proxy.

        It answers when what the pools have closed is closed towards the server, too.
        """
        self.are_used = bool(self._all()) or self.are_used

    def link_of(self, number: int) -> Link | None:
        """The link of a connection that has not ended; None if it does not go through the proxy."""
        if self._proxy is None:
            return None
        address = self._monitor.address_of(number)
        for link in self._all():
            if link.server_address == address and not link.is_half_closed:
                return link
        return None

    def end(self, number: int, how: CutKind) -> bool:
        """Have a connection end in one of the ways of the network; whether it has."""
        link = self.link_of(number) if sockets_show() else None
        if link is None or how == "closed by the server":
            return False
        self.end_link(link, how)
        if how == "half-closed":
            self.half_closed.add(number)
        return True

    def end_all(self, how: CutByNetwork, numbers: frozenset[int]) -> None:
        """Have all connections end in this way; these are their numbers."""
        self._end(how, *self._all())
        if how == "half-closed":
            self.half_closed |= numbers

    def end_link(self, link: Link, how: CutByNetwork) -> None:
        """Have one connection end in this way, if it has not."""
        self._end(how, link)

    def await_end(self, link: Link) -> None:
        """Wait until a connection that ends elsewhere has ended for the proxy, too."""
        if self._proxy is not None:
            self._proxy.await_end(link)

    def cut_next_reply(self, number: int, after: int, how: CutInReply) -> Link | None:
        """Have a connection end in the middle of the next reply on it; its link, if it will."""
        link = self.link_of(number) if sockets_show() else None
        if link is not None and self._proxy is not None:
            self._proxy.cut_next_reply(link, after=after, then=how)
        return link

    def push(self, number: int) -> bool:
        """Have the stray reply arrive on a connection; whether it has."""
        link = self.link_of(number) if sockets_show() else None
        if link is None or self._proxy is None:
            return False
        self._proxy.push(link, data=STRAY)
        return True

    def refuse_connects(self) -> None:
        """Have whoever connects refused, until `admit_connects`."""
        if self._proxy is not None:
            self._proxy.refuse_connects()

    def swallow_all(self) -> None:
        """Have all be lost that is sent either way, also by who connects, until `admit_connects`.

        The connections that were open stay lost.
        """
        if self._proxy is not None:
            self._proxy.let_connects_hang()
            self._proxy.swallow(*self._all())

    def admit_connects(self) -> None:
        """Have whoever connects reach the server."""
        if self._proxy is not None:
            self._proxy.admit_connects()

    def wait_for_the_server(self) -> bool:
        """Go there and back twice; whether the sockets could have been asked what is there then.

        Where they cannot be, most of what was sent before is there, but nobody can be blamed for it.
        """
        self._monitor.ask("PING")
        self._monitor.ask("PING")
        if self._proxy is not None:
            self._proxy.settle()
        return sockets_show()

    def _all(self) -> tuple[Link, ...]:
        return () if self._proxy is None else tuple(self._proxy.links())

    def _end(self, how: CutByNetwork, *links: Link) -> None:
        if self._proxy is None:
            return
        match how:
            case "hung up":
                self._proxy.hang_up(*links)
            case "half-closed":
                self._proxy.half_close(*links)
            case "reset":
                self._proxy.reset(*links)


def sockets_show() -> bool:
    """Whether the system says what the sockets of the pools show: only then can a pool be blamed."""
    return socket_info.is_available()
