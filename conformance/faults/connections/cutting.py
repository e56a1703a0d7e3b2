"""Single connections are cut: by the server, or on the way.

A pool can be blamed for such a connection only if the socket at its end showed what was amiss. So an
operation is over when it does: the sockets of this process are asked, where the system answers that.
Which of them belongs to a connection need not be known: nothing else moves meanwhile.
"""

from collections.abc import Callable, Mapping

from poolproof.spec.model.events import Cut

from ...programs.account import Account
from ...programs.fault_kinds import CutInReply, CutKind
from ...programs.log import Log
from ...programs.operations import CutHeld, CutIdle, CutReply, Operation
from ...server.monitor import Monitor
from ..network.socket_info import ESTABLISHED, SocketAddress, SocketInfo
from ..pools_seen import PoolsSeen
from .links import ARRIVING_S, ENDED, Links


class Cutting:
    """Cuts connections that are idle, in use, or in the middle of a reply."""

    def __init__(
        self,
        account: Account,
        log: Log,
        seen: PoolsSeen,
        links: Links,
        monitor: Monitor,
        use: Callable[[int], None],
    ) -> None:
        """`use` has the holder of a connection use it, until nothing moves any more."""
        self._account = account
        self._log = log
        self._seen = seen
        self._links = links
        self._monitor = monitor
        self._use = use

    def handles(self, operation: Operation) -> bool:
        """Whether a connection is cut."""
        return isinstance(operation, CutIdle | CutHeld | CutReply)

    def carry_out(self, operation: Operation) -> None:
        """Cut it, if there is such a connection."""
        match operation:
            case CutIdle(pool, which, how):
                # A half-closed one has been cut, and the server does not know.
                seen = self._seen.open_connections()[pool] - self._links.half_closed
                idle = self._account.idle(pool, seen)
                if idle:
                    self._cut(pool, idle[which % len(idle)], how)
            case CutHeld(acquire, how):
                held = self._account.held(acquire)
                if held.number is not None:
                    self._cut(held.pool, held.number, how)
            case CutReply(acquire, after, how):
                self._cut_reply(acquire, after, how)

    def _cut_reply(self, acquire: int, after: int, how: CutInReply) -> None:
        """Have a connection end in the middle of a reply to its holder, who is made to use it."""
        held = self._account.held(acquire)
        if held.number is None or held.number in self._links.half_closed:
            return
        link = self._links.cut_next_reply(held.number, after, how)
        if link is None:
            return
        # The holder learns of it before anybody else does anything.
        text = f"{ENDED[how]}, in the middle of the next reply"
        self._log.add(Cut(self._log.now_s(), held.pool, held.number, text))
        self._use(acquire)
        self._links.end_link(
            link, how
        )  # also if nothing was sent; whoever releases it could see it

    def _cut(self, pool: str, number: int, how: CutKind) -> None:
        """Cut it; where the network cannot be told to, the server closes it."""
        if number in self._links.half_closed:
            return  # the server holds it for open, and its pool knows that it has ended
        if self._links.end(number, how):
            self._log.add(Cut(self._log.now_s(), pool, number, ENDED[how]))
            return
        with self._seen.sockets() as sockets:
            link = self._links.link_of(number)
            intact = [end for end, seen in sockets.seen().items() if seen.state == ESTABLISHED]
            if not self._monitor.cut(number):
                return

            def one_has_ended(seen: Mapping[SocketAddress, SocketInfo]) -> bool:
                return any(seen[end].state != ESTABLISHED for end in intact)

            if link is not None:
                self._links.await_end(link)
            # Where no socket is known to be the pool's, the end is there when the server has gone on.
            visible = (
                sockets.await_that(one_has_ended, ARRIVING_S)
                if intact
                else self._links.wait_for_the_server()
            )
        text = ENDED["closed by the server"]
        self._log.add(Cut(self._log.now_s(), pool, number, text, visible=visible))
