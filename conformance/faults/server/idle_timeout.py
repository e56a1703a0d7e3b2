"""The server closes, by its own timeout, whatever is idle."""

from collections.abc import Mapping

from poolproof.spec.model.events import Cut

from ...programs.log import Log
from ...programs.operations import Operation, TimeOutIdle
from ...server.monitor import Monitor
from ..connections.links import ARRIVING_S, Links
from ..network.socket_info import ESTABLISHED, SocketAddress, SocketInfo
from ..pools_seen import PoolsSeen
from .admission import Admission

TIMING_OUT_S = 6.0
"""How long a server may take to close what has been idle for a second: it looks from time to time."""

TEXT = "the server's own timeout for who is idle"


class IdleTimeout:
    """Has it do so, which takes it a second or two."""

    def __init__(
        self, log: Log, seen: PoolsSeen, links: Links, monitor: Monitor, admission: Admission | None
    ) -> None:
        self._log = log
        self._seen = seen
        self._links = links
        self._monitor = monitor
        self._admission = admission

    def handles(self, operation: Operation) -> bool:
        """Whether it is this."""
        return isinstance(operation, TimeOutIdle)

    def carry_out(self, operation: Operation) -> None:  # noqa: ARG002 - there is one
        """Do it, at a server that may be disturbed."""
        if self._admission is None:
            return
        before = self._seen.open_connections()
        with (
            self._seen.sockets() as sockets,
            self._monitor.among_the_idle(),
            self._admission.closing_idle(),
        ):
            at_first = sockets.seen()
            closed = self._monitor.await_closed(frozenset().union(*before.values()), TIMING_OUT_S)

            def all_have_ended_but_the_monitor(seen: Mapping[SocketAddress, SocketInfo]) -> bool:
                """The monitor is the only one that has been sent anything since."""
                return all(
                    seen[end].state != ESTABLISHED or seen[end].arrived > then.arrived
                    for end, then in at_first.items()
                )

            self._monitor.ask("PING")
            visible = (
                sockets.await_that(all_have_ended_but_the_monitor, ARRIVING_S)
                if at_first
                else self._links.wait_for_the_server()
            )
        for pool, connections in before.items():
            for number in sorted(connections & closed):
                self._log.add(Cut(self._log.now_s(), pool, number, TEXT, visible=visible))
