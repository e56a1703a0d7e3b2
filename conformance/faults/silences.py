"""Silences: the server is there and says nothing, because it is stopped or told to let everybody wait,
or because all that is sent either way is lost.

To a pool that is an outage in which its sockets show nothing: who connects is accepted, what is sent on
a connection is taken, and no reply comes. Only whose client gives up goes on. Connections that were
open go on with the server, and late replies come then; but a black hole stays one.
"""

from collections.abc import Mapping
from time import monotonic

from poolproof.spec.model.events import BytesArrived, Cut, Outage, OutageOver

from ..callers.driver import Surroundings
from ..programs.fault_kinds import Silence
from ..programs.operations import BeginOutage, Operation
from .network.ends import Address, Seen, ends_at
from .outages import TOLD, Outages

UNANSWERED = "no reply comes on it"

LONG_S = 15.0
"""How long a silence may take, in real time: a client that tries again may do so for hours."""

ARRIVING_S = 3.0
"""How long what the server sends when it goes on may take to be there."""


class NeverGivesUp(Exception):
    """Callers go on trying although nobody answers; the message says for how long they were let."""


class Silences(Outages):
    """Begins and ends them at moments at which nothing moves."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._silence: Silence | None = None
        self._silent_until_s = 0.0

    def _inflict(self, operation: Operation) -> None:
        match operation:
            case BeginOutage("frozen" | "paused" | "swallowed" as how):
                self._begin_silence(how)
            case _:
                super()._inflict(operation)

    def _hear(self, *, nothing: bool) -> None:
        """Expect `nothing` of the server from now on; else all that is due. For who counts replies."""

    def _begin_silence(self, how: Silence) -> None:
        """Have the server say nothing; not for a pool that is not connected to it."""
        seen = self._open_connections()
        if self.in_outage or not any(seen.values()):
            return
        if how == "swallowed":
            if self._proxy is None or not self._comes_through_proxy:
                return
            self._proxy.let_connects_hang()
            self._proxy.swallow(*self._proxy.links())
        elif self._restartable_monitor is None:
            return
        else:
            self._restartable_monitor.fall_silent(how)
        self._silence = how
        self._silent_until_s = monotonic() + LONG_S
        self._hear(nothing=True)
        self.in_outage = self._was_away = True
        self._log(Outage(self._now_s(), TOLD[how]))
        for pool, connections in seen.items():
            for connection in sorted(connections):
                self._log(Cut(self._now_s(), pool, connection, UNANSWERED, visible=False))

    def _end_outage(self) -> None:
        if self._silence is None:
            super()._end_outage()
            return
        if self._silence == "swallowed":
            assert self._proxy is not None
            self._proxy.admit_connects()
        elif self._restartable_monitor is not None:
            self._restartable_monitor.speak_again()
        self._silence = None
        self._hear(nothing=False)
        self.in_outage = False
        self._log(OutageOver(self._now_s()))
        for pool, number, before in self._late:
            if number in self._open_connections()[pool] and self._has_come(before):
                self._log(BytesArrived(self._now_s(), pool, number))
        self._late.clear()

    def _see_that_callers_give_up(self) -> None:
        """Raises NeverGivesUp when a silence takes too long."""
        if self._silence is not None and monotonic() > self._silent_until_s:
            raise NeverGivesUp(f"callers go on trying for more than {LONG_S:g} s")

    def _has_come(self, before: Mapping[Address, Seen]) -> bool:
        """Whether the sockets show what was due on them."""
        with ends_at(*self._server_addresses()) as ends:

            def have_got_it(seen: Mapping[Address, Seen]) -> bool:
                return all(seen[end].arrived > then.arrived for end, then in before.items())

            still = ends.seen()
            return before.keys() <= still.keys() and ends.await_that(have_got_it, ARRIVING_S)
