"""All faults of one program together."""

from collections.abc import Callable
from dataclasses import dataclass

from ..programs.account import Account
from ..programs.log import Log
from ..programs.operations import EndOutage, Operation
from ..server.monitor import Monitor
from ..server.restartable_monitor import RestartableMonitor
from .connections.cutting import Cutting
from .connections.failing import FailingConnections, FailureSwitch, SpoiltConnections
from .connections.links import Links
from .connections.replies import Replies
from .connections.unread import UnreadReplies
from .fault import Fault
from .network import Proxy
from .pools_seen import PoolsSeen
from .server.admission import Admission
from .server.demotion import Demotion
from .server.idle_timeout import IdleTimeout
from .server.shutdown import Shutdown
from .server.silence import Silence
from .server.unreachable import Unreachable


@dataclass(frozen=True, slots=True)
class FaultMeans:
    """By what things are made to go wrong around the pools of a program."""

    proxy: Proxy | None = None
    """Through which the pools connect; None if they connect to the server itself."""
    admission: Admission | None = None
    """That of the server; None if the server is not to be disturbed."""
    restartable_monitor: RestartableMonitor | None = None
    """The monitor, if the server is one that ends and comes back."""
    switch: FailureSwitch | None = None
    """Has the pools' connections fail; None if they cannot be made to."""


class Faults:
    """Finds the fault that carries out an operation."""

    def __init__(
        self,
        means: FaultMeans,
        account: Account,
        log: Log,
        seen: PoolsSeen,
        monitor: Monitor,
        replies: Replies,
        *,
        use: Callable[[int], None],
        send_only: Callable[[int, str], None],
        expect_replies: Callable[[bool], None],
    ) -> None:
        """For what holders are made to do, see `Cutting` and `UnreadReplies`; and `Silence`."""
        restartable, admission = means.restartable_monitor, means.admission
        self._links = links = Links(means.proxy, monitor)
        unread = UnreadReplies(account, log, seen, links, monitor, replies, send_only)
        self._silence = Silence(
            account, log, seen, links, restartable, expect_replies, unread.note_late_replies
        )
        self._faults: tuple[Fault, ...] = (
            Cutting(account, log, seen, links, monitor, use),
            unread,
            IdleTimeout(log, seen, links, monitor, admission),
            Unreachable(account, log, seen, links, admission),
            Shutdown(account, log, seen, restartable),
            self._silence,
            FailingConnections(account, log, means.switch),
            SpoiltConnections(log, seen, means.switch),
            Demotion(admission),
        )

    def carry_out(self, operation: Operation) -> bool:
        """Carry out an operation that is a fault's, or the end of one; whether it is."""
        for fault in self._faults:
            if fault.handles(operation):
                fault.carry_out(operation)
                return True
        return isinstance(operation, EndOutage)  # there is none to end

    def look(self) -> None:
        """See whether the pools connect where things can go wrong; to be called when nothing moves."""
        self._links.look()

    def see_that_callers_give_up(self) -> None:
        """Raises NeverGivesUp when nobody has been answered for too long."""
        self._silence.see_that_callers_give_up()
