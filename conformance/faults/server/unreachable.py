"""The server turns away whoever connects, or the proxy in front of it does.

The monitor speaks to the server itself, and sees it up all the time. A pool that does not connect to
the address that it was given, the proxy's, has no outage, and nothing is judged.
"""

from collections.abc import Mapping
from typing import Final

from ...programs.account import Account
from ...programs.fault_kinds import Absence, Failure
from ...programs.log import Log
from ..connections.links import ENDED, Links, sockets_show
from ..outage import OutageFault
from ..pools_seen import PoolsSeen
from .admission import Admission

TEXTS: Final[Mapping[Absence | Failure, str]] = {
    "refused": "whoever connects is refused",
    "full": "it has no room for more (maxclients), and whoever connects is turned away",
    "locked": "it demands a password since, and whoever connects without one is turned away",
    "hung up": "every connection is closed at its other end, and whoever connects is refused",
    "half-closed": (
        "on every connection the other end says that no more will come, and whoever connects is refused"
    ),
    "reset": "every connection is reset, and whoever connects is refused",
}


class Unreachable(OutageFault):
    """Nobody can connect for a while; what is open stays open, or is cut, too."""

    def __init__(
        self, account: Account, log: Log, seen: PoolsSeen, links: Links, admission: Admission | None
    ) -> None:
        super().__init__(account, log)
        self._seen = seen
        self._links = links
        self._admission = admission

    def _causes(self, how: Absence | Failure) -> bool:
        return how in TEXTS

    def _begin(self, how: Absence | Failure) -> None:
        if not self._links.are_used:
            return
        seen = self._seen.open_connections()
        if (how == "full" or how == "locked") and self._admission is not None:
            self._admission.turn_away(how)
        else:
            how = "refused" if how in ("full", "locked") else how
            self._links.refuse_connects()
        self._note_begun(TEXTS[how])
        if how == "hung up" or how == "half-closed" or how == "reset":
            intact = {pool: numbers - self._links.half_closed for pool, numbers in seen.items()}
            self._links.end_all(how, frozenset[int]().union(*seen.values()))
            self._note_cuts(intact, ENDED[how], visible=sockets_show())

    def _end(self) -> None:
        self._links.admit_connects()
        if self._admission is not None:
            self._admission.admit()
        self._note_over()
