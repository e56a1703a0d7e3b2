"""What the proxy does to single connections of the pools, where they connect through it.

The server's number for a connection leads to the address that the server sees it come from, and that
to the link in the proxy. Each of these returns when the pool's socket shows it; where the system does
not say what a socket shows, nothing is done.
"""

from typing import Final

from poolproof.conformance.network import Link, ends

from .driver import Driver

STRAY: Final = b"+stray\r\n"
"""A reply to nothing. A push of the newer protocol would be none: whoever reads may put it aside."""


class Links(Driver):
    """Has it done at moments at which nothing moves."""

    def _link_of(self, number: int) -> Link | None:
        """The link of a connection that nothing has been done to; None if there is none."""
        if self._proxy is None or not ends.can_be_seen():
            return None
        address = self._witness.address_of(number)
        for link in self._proxy.links():
            if link.server_address == address and not link.is_half_closed:
                return link
        return None

    def _push(self, number: int) -> bool:
        """Have the stray reply arrive on a connection; whether it has."""
        link = self._link_of(number)
        if link is None or self._proxy is None:
            return False
        self._proxy.push(link, data=STRAY)
        return True
