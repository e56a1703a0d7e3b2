"""The monitor of a server that goes away and comes back.

While the server is down, nothing is open there; while it answers nobody, what is open is what was.
"""

from collections.abc import Mapping

from ..programs.fault_kinds import Silence
from .control import Control
from .monitor import Allowed, ServerMonitor
from .restartable import RestartableServer

PAUSE_S = 2.5
"""How long a paused server makes everybody wait: longer than callers do."""

ROUNDS = 4
"""Accepting, reading what was sent, hearing of the end, and closing: a server does these one by one."""


class RestartableMonitor(ServerMonitor):
    """Shuts the server down, silences it and brings it back; asks it while it is there."""

    def __init__(self, restartable: RestartableServer) -> None:
        super().__init__(restartable.server)
        self._restartable = restartable
        self._answers, self._is_silent = True, False
        self._seen: Mapping[str, frozenset[int]] = {}
        """What was open when it was looked last."""
        self._newest = 0
        """The number of the last connection before the server ended."""

    def shut_down(self) -> None:
        """End the server, and with it every connection; returns once it has ended."""
        self._newest = self._number_of_a_new_connection()
        self.close()
        self._answers = False
        self._restartable.shut_down()

    def come_back(self) -> None:
        """Start the server again. No new connection has a number that an earlier one had."""
        self._restartable.come_back()
        for _ in range(self._newest + 1):  # each is given the next number, and there were few
            if self._number_of_a_new_connection() > self._newest:
                break
        self._answers = True

    def fall_silent(self, how: Silence) -> None:
        """Make the server answer nobody, in one of the ways that need the server itself."""
        if how == "paused":
            self.ask("CLIENT", "PAUSE", round(PAUSE_S * 1000))
        else:
            self._restartable.freeze()
        self._answers, self._is_silent = False, True

    def speak_again(self) -> None:
        """Let the server answer what it was asked meanwhile. A pause ends by itself, in real time."""
        self._restartable.thaw()
        self._answers, self._is_silent = True, False
        # It admits callers in the order in which they came, and hears them round by round: what was
        # sent and closed meanwhile has been heard of.
        self.lets_in()
        for _ in range(ROUNDS):
            self.ask("PING")

    def ask(self, *words: str | float) -> object:
        """The reply to one command; None while the server is away."""
        return super().ask(*words) if self._answers else None

    def settled_connections(
        self, pools: Mapping[str, str], allowed: Mapping[str, Allowed]
    ) -> Mapping[str, frozenset[int]]:
        """The connections of each pool, given the client name of each, once nothing moves."""
        if self._is_silent:
            return {pool: self._seen.get(pool, frozenset()) for pool in pools}
        seen = super().settled_connections(pools, allowed)
        if self._answers:
            self._seen = seen
        return seen

    def lets_in(self) -> None:
        """Raise ServerGone if the server is there and admits no new connection."""
        if self._answers:
            super().lets_in()

    def _number_of_a_new_connection(self) -> int:
        with Control(self._endpoint) as connection:
            number = connection.ask("CLIENT", "ID")
        assert isinstance(number, int)
        return number
