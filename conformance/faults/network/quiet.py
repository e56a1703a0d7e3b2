"""A loop with a virtual clock whose connections go through a proxy.

Such a loop counts commands and replies, and is not quiet while a reply is to come: one that the
proxy withholds, it would wait for in vain, and say that it stalled. So what the proxy withholds is
held at the loop, too: it is as if it was on its way, for both.
"""

from ...engines.asyncio import VirtualLoop
from .proxy import Proxy


def hold(loop: VirtualLoop, proxy: Proxy | None, *, replies_held: bool = False) -> None:
    """Hold at the loop what the proxy withholds, if there is one, or all that servers send."""
    # A connection that is made while connects hang is one of them from its beginning.
    loop.replies_held = replies_held or (proxy is not None and proxy.admission == "hang")
    for wire in loop.wires:
        withheld = proxy is not None and proxy.withholds_from(wire.getsockname())
        wire.held = replies_held or withheld
