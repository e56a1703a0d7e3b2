"""The server is there and says nothing, because it is stopped or told to let everybody wait, or because
all that is sent either way is lost.

To a pool that is an outage in which its sockets show nothing: who connects is accepted, what is sent on
a connection is taken, and no reply comes. A caller goes on only when its client gives up. Connections
that were open go on with the server, and late replies come then; but a black hole stays one.
"""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

from ...programs.account import Account
from ...programs.fault_kinds import Absence, Failure
from ...programs.log import Log
from ...server.restartable_monitor import RestartableMonitor
from ..connections.links import Links
from ..outage import OutageFault
from ..pools_seen import PoolsSeen

TEXTS: Final[Mapping[Absence | Failure, str]] = {
    "frozen": "its process is stopped: whoever connects is accepted, and nobody is answered",
    "paused": "it lets everybody wait (CLIENT PAUSE): who connects is accepted, and nobody is answered",
    "swallowed": "all that is sent to it or by it is lost on the way, also of who connects",
}

UNANSWERED = "no reply comes on it"

LONG_S = 15.0
"""How long a silence may take, in real time: a client that tries again may do so for hours."""


class NeverGivesUp(Exception):
    """Callers go on trying although nobody answers; the message says for how long they were let."""


class Silence(OutageFault):
    """Nobody is answered for a while."""

    def __init__(
        self,
        account: Account,
        log: Log,
        seen: PoolsSeen,
        links: Links,
        monitor: RestartableMonitor | None,
        expect_replies: Callable[[bool], None],
        note_late_replies: Callable[[], None],
    ) -> None:
        """`expect_replies` tells the engine whether replies are due; `note_late_replies` is called
        when the silence is over.
        """
        super().__init__(account, log)
        self._seen = seen
        self._links = links
        self._monitor = monitor
        self._expect_replies = expect_replies
        self._note_late_replies = note_late_replies
        self._until_s = 0.0

    def see_that_callers_give_up(self) -> None:
        """Raises NeverGivesUp when a silence takes too long."""
        if self._under_way and monotonic() > self._until_s:
            raise NeverGivesUp(f"callers go on trying for more than {LONG_S:g} s")

    def _causes(self, how: Absence | Failure) -> bool:
        return how in TEXTS

    def _begin(self, how: Absence | Failure) -> None:
        """Have the server say nothing; not for a pool that is not connected to it."""
        seen = self._seen.open_connections()
        if not any(seen.values()):
            return
        if how == "swallowed":
            if not self._links.are_used:
                return
            self._links.swallow_all()
        elif self._monitor is None:
            return
        elif how == "frozen" or how == "paused":
            self._monitor.fall_silent(how)
        self._until_s = monotonic() + LONG_S
        self._expect_replies(False)
        self._note_begun(TEXTS[how])
        self._note_cuts(seen, UNANSWERED, visible=False)

    def _end(self) -> None:
        self._links.admit_connects()
        if self._monitor is not None:
            self._monitor.speak_again()
        self._expect_replies(True)
        self._note_over()
        self._note_late_replies()
