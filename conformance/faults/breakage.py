"""Breakage: connections that the server closes, or the network cuts, and replies that nobody reads.

A pool can be blamed for such a connection only if the socket at its end showed what was amiss. So an
operation is over when it does: the sockets of this process are asked, where the system answers that.
Which of them belongs to a connection need not be known: nothing else moves meanwhile.
"""

from abc import abstractmethod
from collections.abc import Mapping
from time import monotonic

from poolproof.spec.model.events import BytesArrived, Cut, LeftUnread

from ..programs.fault_kinds import CutInReply, CutKind
from ..programs.operations import (
    CutHeld,
    CutIdle,
    CutReply,
    LeaveUnread,
    Operation,
    SendUnasked,
    TimeOutIdle,
)
from .links import ENDED, Links, end, sockets_show
from .network.ends import ESTABLISHED, Address, Seen, ends_at

ARRIVING_S = 3.0
"""How long what the server has sent may take to be there. What is not is nobody's fault."""

TIMING_OUT_S = 6.0
"""How long a server may take to close what has been idle for a second: it looks from time to time."""


class Breakage(Links):
    """Has it happen at moments at which nothing moves."""

    @abstractmethod
    def _run_use(self, acquire: int) -> None:
        """Have the holder of a connection use it, until nothing moves any more."""

    @abstractmethod
    def _run_send_only(self, acquire: int, key: str) -> None:
        """Have the holder of a connection send a command, and leave its reply unread."""

    def _inflict(self, operation: Operation) -> None:
        match operation:
            case CutIdle(pool, which, ending):
                self._cut_idle(pool, which, ending)
            case CutHeld(acquire, ending):
                self._cut_held(acquire, ending)
            case TimeOutIdle():
                self._time_out_idle()
            case CutReply(acquire, after, how):
                self._cut_reply(acquire, after, how)
            case LeaveUnread(acquire):
                self._leave_unread(acquire)
            case SendUnasked(pool, which):
                self._send_unasked(pool, which)
            case _:
                super()._inflict(operation)

    def _cut_idle(self, pool: str, which: int, how: CutKind) -> None:
        """Have an idle connection cut: the so manieth, the longest idle first, counted round."""
        idle = self._idle(pool)
        if idle:
            self._cut(pool, idle[which % len(idle)], how)

    def _cut_held(self, acquire: int, how: CutKind) -> None:
        """Have a connection cut that is in use."""
        held = self._held(acquire)
        if held.number is not None:
            self._cut(held.pool, held.number, how)

    def _time_out_idle(self) -> None:
        """Have the server close what is idle by its own timeout, which takes it a second or two."""
        if self._door is None:
            return
        before = self._open_connections()
        with (
            ends_at(*self._server_addresses()) as ends,
            self._monitor.among_the_idle(),
            self._door.showing_out_the_idle(),
        ):
            at_first = ends.seen()
            closed = self._monitor.await_closed(frozenset().union(*before.values()), TIMING_OUT_S)

            def all_have_ended_but_the_witness(seen: Mapping[Address, Seen]) -> bool:
                """The monitor is the only one that has been told anything since."""
                return all(
                    seen[end].state != ESTABLISHED or seen[end].arrived > then.arrived
                    for end, then in at_first.items()
                )

            self._monitor.ask("PING")
            visible = (
                ends.await_that(all_have_ended_but_the_witness, ARRIVING_S)
                if at_first
                else self._server_goes_on()
            )
        for pool, connections in before.items():
            for number in sorted(connections & closed):
                how = "the server's own timeout for who is idle"
                self._log(Cut(self._now_s(), pool, number, how, visible=visible))

    def _cut_reply(self, acquire: int, after: int, how: CutInReply) -> None:
        """Have a connection end in the middle of a reply to its holder, who is made to use it."""
        held = self._held(acquire)
        if held.number is None or held.number in self._half_closed:
            return
        link = self._cut_next_reply(held.number, after, how)
        if link is None or self._proxy is None:
            return
        # The holder learns of it before anybody else does anything.
        told = f"{ENDED[how]}, in the middle of the next reply"
        self._log(Cut(self._now_s(), held.pool, held.number, told))
        self._run_use(acquire)
        end(self._proxy, how, link)  # also if nothing was sent; whoever releases it could see it

    def _leave_unread(self, acquire: int) -> None:
        """Have the holder send a command, and return when the reply is there."""
        held = self._held(acquire)
        if held.number is None:
            return
        key = f"{self._settings.client_name}-{next(self._calls)}"
        self._say(key)
        with ends_at(*self._server_addresses()) as ends:
            before = ends.seen()
        earlier = len(self.events)
        self._run_send_only(acquire, key)
        sent = any(isinstance(event, LeftUnread) for event in self.events[earlier:])
        if sent and self.in_outage:
            self._late.append((held.pool, held.number, self._sent_since(before)))
        elif sent and self._reply_is_there(held.pool, before):
            self._log(BytesArrived(self._now_s(), held.pool, held.number))

    def _send_unasked(self, pool: str, which: int) -> None:
        """Have something arrive on an idle connection."""
        idle = self._idle(pool)
        if idle and self._push(number := idle[which % len(idle)]):
            self._log(BytesArrived(self._now_s(), pool, number))

    def _idle(self, pool: str) -> list[int]:
        """The connections that nobody holds, the longest idle first."""
        in_use = {held.number for held in self.holding.values() if held.pool == pool}
        if None in in_use:
            return []  # which of them is in use is not known
        seen = self._open_connections()[pool]
        order = [held.number for held in self.released.values()]
        since = {number: place for place, number in enumerate(order)}
        # A half-closed one has been cut, and the server does not know.
        idle = seen - in_use - self._half_closed
        return sorted(idle, key=lambda number: (since.get(number, -1), number))

    def _cut(self, pool: str, number: int, how: CutKind) -> None:
        """Cut it; where the network cannot be told to, the server closes it."""
        if number in self._half_closed:
            return  # the server holds it for open, and its pool knows that it has ended
        if self._end(number, how):
            self._log(Cut(self._now_s(), pool, number, ENDED[how]))
            return
        with ends_at(*self._server_addresses()) as ends:
            link = self._link_of(number)
            intact = [end for end, seen in ends.seen().items() if seen.state == ESTABLISHED]
            if not self._monitor.cut(number):
                return

            def one_has_ended(seen: Mapping[Address, Seen]) -> bool:
                return any(seen[end].state != ESTABLISHED for end in intact)

            if link is not None and self._proxy is not None:
                self._proxy.await_end(link)

            # Where no socket is known to be the pool's, the end is there when the server has gone on.
            seen = ends.await_that(one_has_ended, ARRIVING_S) if intact else self._server_goes_on()
        self._log(Cut(self._now_s(), pool, number, ENDED["closed by the server"], visible=seen))

    def _sent_since(self, before: Mapping[Address, Seen]) -> Mapping[Address, Seen]:
        """The sockets on which something was sent since then, as they were before."""
        with ends_at(*self._server_addresses()) as ends:
            return {
                end: before[end]
                for end, seen in ends.seen().items()
                if end in before and seen.written > before[end].written
            }

    def _reply_is_there(self, pool: str, before: Mapping[Address, Seen]) -> bool:
        sent = self._sent_since(before)
        with ends_at(*self._server_addresses()) as ends:

            def replies_are_there(seen: Mapping[Address, Seen]) -> bool:
                return all(seen[end].arrived > before[end].arrived for end in sent)

            if sent:
                return ends.await_that(replies_are_there, ARRIVING_S)
        return self._has_heard(pool) and self._server_goes_on()

    def _has_heard(self, pool: str) -> bool:
        """Wait until the server has heard the command."""
        give_up_s = monotonic() + ARRIVING_S
        while "get" not in self._monitor.last_commands(self._pools[pool].client_name):
            if monotonic() > give_up_s:
                return False
        return True

    def _server_goes_on(self) -> bool:
        """Go there and back twice; whether the sockets could have been asked what is there then.

        Where they cannot be, most of what was sent before is there, but nobody can be blamed for it.
        """
        self._monitor.ask("PING")
        self._monitor.ask("PING")
        if self._proxy is not None:
            self._proxy.settle()
        return sockets_show()
