"""A loop with a virtual clock whose connections go through a proxy.

Such a loop counts commands and replies, and is not quiet while a reply is to come: one that the
proxy withholds, it would wait for in vain, and say that it stalled. So what the proxy withholds is
held at the loop, too: it is as if it was on its way, for both.

An end needs no word: a `Wire` that learns that it is over waits for nothing. That it has come is
certain when the proxy's call returns, because the loop looks at what has arrived before it is quiet.
"""

from collections.abc import Callable

from poolproof.conformance.loop import VirtualLoop

from .proxy import Proxy


def run_until_quiet(
    loop: VirtualLoop,
    proxy: Proxy,
    until: Callable[[], bool] | None = None,
    *,
    replies_held: bool = False,
) -> None:
    """Run until nothing can move but the clock, what the proxy withholds left aside.

    With `replies_held`, nothing that servers send reaches the program, as with the loop's own. All
    that the program has sent has reached the server when this returns, or been lost.
    """
    # A connection that is made while connects hang is one of them from its beginning.
    loop.replies_held = replies_held or proxy.admission == "hang"
    for wire in loop.wires:
        wire.held = replies_held or proxy.withholds_from(wire.getsockname())
    loop.run_until_quiet(until)
    proxy.settle(answered=False)
