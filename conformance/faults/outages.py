"""Outages: the server cannot be reached for a while, because the proxy in front of it is told so, or
because the server itself is.

The monitor speaks to the server itself, and sees it up all the time. A pool that does not connect to
the address that it was given, the proxy's, has no outage, and nothing is judged.
"""

from collections.abc import Mapping

from poolproof.spec.model.events import Cut, Outage, OutageOver

from ..callers.driver import Surroundings
from ..programs.fault_kinds import Absence
from ..programs.operations import BeginOutage, EndOutage, Operation
from .links import ENDED, Links, end, sockets_show
from .network.ends import ESTABLISHED, Address, Seen, ends_at

TOLD: dict[Absence, str] = {
    "refused": "whoever connects is refused",
    "down": "it is shut down, with every connection, and whoever connects is refused",
    "full": "it has no room for more (maxclients), and whoever connects is turned away",
    "locked": "it demands a password since, and whoever connects without one is turned away",
    "hung up": "every connection is closed at its other end, and whoever connects is refused",
    "half-closed": (
        "on every connection the other end says that no more will come, and whoever connects is refused"
    ),
    "reset": "every connection is reset, and whoever connects is refused",
    "frozen": "its process is stopped: whoever connects is accepted, and nobody is answered",
    "paused": "it lets everybody wait (CLIENT PAUSE): who connects is accepted, and nobody is answered",
    "swallowed": "all that is sent to it or by it is lost on the way, also of who connects",
}

ENDING_S = 3.0
"""How long it may take until the sockets of the pools show that the server has ended."""


class Outages(Links):
    """Begins and ends them at moments at which nothing moves."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._comes_through_proxy = False
        """Whether somebody has been seen to connect to it."""

    def _inflict(self, operation: Operation) -> None:
        match operation:
            case BeginOutage(how):
                self._begin_outage(how)
            case EndOutage():
                self._end_outage()
            case _:
                super()._inflict(operation)

    def _settle(self) -> None:
        if self._proxy is not None:
            # It answers when what the pools have closed is closed towards the server, too.
            links = self._proxy.links()
            self._comes_through_proxy = self._comes_through_proxy or bool(links)
        super()._settle()

    def _begin_outage(self, how: Absence) -> None:
        if how == "down":
            self._shut_down()
            return
        if self._proxy is None or not self._comes_through_proxy or self.in_outage:
            return
        seen = self._open_connections()
        if how in ("full", "locked") and self._door is not None:
            self._door.shut(how)
        else:
            how = "refused" if how in ("full", "locked") else how
            self._proxy.refuse_connects()
        self.in_outage = self._was_away = True
        self._log(Outage(self._now_s(), TOLD[how]))
        if how in ("hung up", "half-closed", "reset"):
            end(self._proxy, how, *self._proxy.links())
            for pool, connections in seen.items():
                for connection in sorted(connections - self._half_closed):
                    self._log(Cut(self._now_s(), pool, connection, ENDED[how], sockets_show()))
            if how == "half-closed":
                self._half_closed |= frozenset[int]().union(*seen.values())

    def _shut_down(self) -> None:
        """Have the server end; not for a pool that is not connected to it."""
        seen = self._open_connections()
        if self._restartable_monitor is None or not any(seen.values()):
            return
        with ends_at(*self._server_addresses()) as ends:
            intact = [end for end, its in ends.seen().items() if its.state == ESTABLISHED]
            self._restartable_monitor.shut_down()

            def all_have_ended(seen: Mapping[Address, Seen]) -> bool:
                return not any(seen[end].state == ESTABLISHED for end in intact)

            visible = bool(intact) and ends.await_that(all_have_ended, ENDING_S)
        self.in_outage = self._was_away = True
        self._log(Outage(self._now_s(), TOLD["down"]))
        for pool, connections in seen.items():
            for connection in sorted(connections):
                self._log(Cut(self._now_s(), pool, connection, "the server has ended", visible))

    def _end_outage(self) -> None:
        if not self.in_outage:
            return
        if self._proxy is not None:
            self._proxy.admit_connects()
        if self._door is not None:
            self._door.open()
        if self._restartable_monitor is not None:
            self._restartable_monitor.come_back()
        self.in_outage = False
        self._log(OutageOver(self._now_s()))
