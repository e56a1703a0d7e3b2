"""The server ends, with every connection, and comes back at the same address."""

from collections.abc import Mapping

from ...programs.account import Account
from ...programs.fault_kinds import Absence, Failure
from ...programs.log import Log
from ...server.restartable_monitor import RestartableMonitor
from ..network.socket_info import ESTABLISHED, SocketAddress, SocketInfo
from ..outage import OutageFault
from ..pools_seen import PoolsSeen

TEXT = "it is shut down, with every connection, and whoever connects is refused"

ENDING_S = 3.0
"""How long it may take until the sockets of the pools show that the server has ended."""


class Shutdown(OutageFault):
    """Nobody can connect until the server is started again."""

    def __init__(
        self, account: Account, log: Log, seen: PoolsSeen, monitor: RestartableMonitor | None
    ) -> None:
        super().__init__(account, log)
        self._seen = seen
        self._monitor = monitor

    def _causes(self, how: Absence | Failure) -> bool:
        return how == "down"

    def _begin(self, how: Absence | Failure) -> None:  # noqa: ARG002 - there is one way
        """Have the server end; not for a pool that is not connected to it."""
        seen = self._seen.open_connections()
        if self._monitor is None or not any(seen.values()):
            return
        with self._seen.sockets() as sockets:
            intact = [end for end, its in sockets.seen().items() if its.state == ESTABLISHED]
            self._monitor.shut_down()

            def all_have_ended(seen: Mapping[SocketAddress, SocketInfo]) -> bool:
                return not any(seen[end].state == ESTABLISHED for end in intact)

            visible = bool(intact) and sockets.await_that(all_have_ended, ENDING_S)
        self._note_begun(TEXT)
        self._note_cuts(seen, "the server has ended", visible=visible)

    def _end(self) -> None:
        if self._monitor is not None:
            self._monitor.come_back()
        self._note_over()
