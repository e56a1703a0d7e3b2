"""Replies that are kept from a virtual loop, as if they were still on their way.

The loop counts commands and replies, and is not quiet while a reply is due. A reply that the proxy
withholds would never come, and the loop would stall. So what the proxy withholds is held at the loop,
too.
"""

from ...faults.network import Proxy
from .virtual import VirtualLoop


def hold_replies(loop: VirtualLoop, proxy: Proxy | None, *, all_of_them: bool = False) -> None:
    """Hold at the loop what the proxy withholds, if there is a proxy, or all that servers send."""
    # A connection that is made while connects hang belongs to them from its beginning.
    loop.replies_held = all_of_them or (proxy is not None and proxy.connect_policy == "hang")
    for wire in loop.wires:
        withheld = proxy is not None and proxy.withholds_from(wire.getsockname())
        wire.held = all_of_them or withheld
