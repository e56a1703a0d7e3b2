"""Replies that nobody reads: they were asked for and left, or nobody has asked for them.

An operation is over when the reply has arrived at the pool's socket; else no pool is to blame.
"""

from collections.abc import Callable, Mapping
from time import monotonic

from poolproof.spec.model.events import BytesArrived, LeftUnread

from ...programs.account import Account
from ...programs.log import Log
from ...programs.operations import LeaveUnread, Operation, SendUnasked
from ...server.monitor import Monitor
from ..network.socket_info import SocketAddress, SocketInfo
from ..pools_seen import PoolsSeen
from .links import ARRIVING_S, Links
from .replies import Replies


class UnreadReplies:
    """Has such replies arrive on connections that are in use, or idle."""

    def __init__(
        self,
        account: Account,
        log: Log,
        seen: PoolsSeen,
        links: Links,
        monitor: Monitor,
        replies: Replies,
        send_only: Callable[[int, str], None],
    ) -> None:
        """`send_only` has the holder of a connection ask for what is under a key, and not read it."""
        self._account = account
        self._log = log
        self._seen = seen
        self._links = links
        self._monitor = monitor
        self._replies = replies
        self._send_only = send_only
        self._late: list[tuple[str, int, Mapping[SocketAddress, SocketInfo]]] = []
        """The replies that come when the server can be reached again: of which pool, on which
        connection, and what the sockets showed before that may be its."""

    def handles(self, operation: Operation) -> bool:
        """Whether a reply is left unread, or comes unasked."""
        return isinstance(operation, LeaveUnread | SendUnasked)

    def carry_out(self, operation: Operation) -> None:
        """Let the reply arrive, if there is such a connection."""
        match operation:
            case LeaveUnread(acquire):
                self._leave_unread(acquire)
            case SendUnasked(pool, which):
                seen = self._seen.open_connections()[pool] - self._links.half_closed
                idle = self._account.idle(pool, seen)
                if idle and self._links.push(number := idle[which % len(idle)]):
                    self._note_arrived(pool, number)

    def note_late_replies(self) -> None:
        """Write down which of the replies have come that the server owed while it said nothing."""
        for pool, number, before in self._late:
            if number in self._seen.open_connections()[pool] and self._has_come(before):
                self._note_arrived(pool, number)
        self._late.clear()

    def _leave_unread(self, acquire: int) -> None:
        """Have the holder send a command, and return when the reply is there."""
        held = self._account.held(acquire)
        if held.number is None:
            return
        key = self._replies.with_something_under_it()
        with self._seen.sockets() as sockets:
            before = sockets.seen()
        earlier = len(self._log.events)
        self._send_only(acquire, key)
        sent = any(isinstance(event, LeftUnread) for event in self._log.events[earlier:])
        if sent and self._account.in_outage:
            self._late.append((held.pool, held.number, self._sent_since(before)))
        elif sent and self._reply_is_there(held.pool, before):
            self._note_arrived(held.pool, held.number)

    def _note_arrived(self, pool: str, number: int) -> None:
        self._log.add(BytesArrived(self._log.now_s(), pool, number))

    def _sent_since(
        self, before: Mapping[SocketAddress, SocketInfo]
    ) -> Mapping[SocketAddress, SocketInfo]:
        """The sockets on which something was sent since then, as they were before."""
        with self._seen.sockets() as sockets:
            return {
                end: before[end]
                for end, seen in sockets.seen().items()
                if end in before and seen.written > before[end].written
            }

    def _reply_is_there(self, pool: str, before: Mapping[SocketAddress, SocketInfo]) -> bool:
        sent = self._sent_since(before)
        if sent:
            return self._has_come(sent)
        return self._has_heard(pool) and self._links.wait_for_the_server()

    def _has_heard(self, pool: str) -> bool:
        """Wait until the server has heard the command."""
        give_up_s = monotonic() + ARRIVING_S
        while "get" not in self._monitor.last_commands(self._account.pools[pool].client_name):
            if monotonic() > give_up_s:
                return False
        return True

    def _has_come(self, before: Mapping[SocketAddress, SocketInfo]) -> bool:
        """Whether the sockets show what was due on them; it may take a while."""
        with self._seen.sockets() as sockets:

            def have_got_it(seen: Mapping[SocketAddress, SocketInfo]) -> bool:
                return all(seen[end].arrived > then.arrived for end, then in before.items())

            still = sockets.seen()
            return before.keys() <= still.keys() and sockets.await_that(have_got_it, ARRIVING_S)
