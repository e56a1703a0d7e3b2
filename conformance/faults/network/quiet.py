"""A loop with a virtual clock whose connections go through a proxy.

Such a loop counts commands and replies, and is not quiet while a reply is to come: one that the
proxy withholds, it would wait for in vain, and say that it stalled. So what the proxy withholds is
held at the loop, too: it is as if it was on its way, for both.

An end needs no word: a `Wire` that learns that it is over waits for nothing. And what nobody asked
for, such as the end of a connection that the server has closed, is not due, so that the loop may be
quiet before it has come through the proxy: then it goes on.
"""

from ...engines.asyncio import VirtualLoop
from .proxy import Proxy


def run_until_quiet(loop: VirtualLoop, proxy: Proxy, *, replies_held: bool = False) -> None:
    """Run until nothing can move but the clock, neither here nor in the proxy.

    With `replies_held`, nothing that servers send reaches the program, as with the loop's own. What
    the program has sent has been passed on when this returns, or been lost.
    """
    arrived: set[int] = set()
    while True:
        hold(loop, proxy, replies_held=replies_held)
        loop.run_until_quiet()
        proxy.settle(answered=False)
        # Whoever does not read what has arrived will not read it in another round either.
        before, arrived = arrived, _arrived(loop)
        if arrived <= before:
            return


def hold(loop: VirtualLoop, proxy: Proxy | None, *, replies_held: bool = False) -> None:
    """Hold at the loop what the proxy withholds, if there is one, or all that servers send."""
    # A connection that is made while connects hang is one of them from its beginning.
    loop.replies_held = replies_held or (proxy is not None and proxy.admission == "hang")
    for wire in loop.wires:
        withheld = proxy is not None and proxy.withholds_from(wire.getsockname())
        wire.held = replies_held or withheld


def _arrived(loop: VirtualLoop) -> set[int]:
    """Where something is to be read."""
    arrived = set()
    for wire in loop.wires:
        if not wire.held and not wire.over:
            wire.fetch()
            if wire.has_arrived:
                arrived.add(wire.number)
    return arrived
