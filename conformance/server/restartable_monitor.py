"""The monitor of a server that ends and comes back: while it is down, nothing is open there; and while
it answers nobody, what is open is what was.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import redis

from ..programs.fault_kinds import Silence
from .discovery import Server
from .monitor import Allowed, ServerMonitor
from .restartable import Restartable

PAUSE_S = 2.5
"""How long the server lets everybody wait when it is paused: longer than callers do."""

REPLY_S = 30
"""How long the server may take for one reply."""

ROUNDS = 4
"""Accepting, reading what was sent, hearing of the end, and closing: a server does these one by one."""


class RestartableMonitor:
    """Has the server end and come back, and asks whatever server there is."""

    def __init__(self, restartable: Restartable) -> None:
        self._restartable = restartable
        self._monitor: ServerMonitor | None = ServerMonitor(restartable.server)
        self._silent: ServerMonitor | None = None
        """The monitor of a server that answers nobody."""
        self._seen: Mapping[str, frozenset[int]] = {}
        """What it has seen last."""
        self._newest = 0
        """The number of the last connection before the server ended."""

    def shut_down(self) -> None:
        """Have the server end, and with it every connection; returns when it has."""
        self._newest = _number_of_a_new_connection(self._restartable.server)
        self.close()
        self._monitor = None
        self._restartable.shut_down()

    def come_back(self) -> None:
        """Have it be there again. No connection has a number from now on that one had before."""
        self._restartable.come_back()
        server = self._restartable.server
        for _ in range(self._newest + 1):  # each is given the next number, and there were few
            if _number_of_a_new_connection(server) > self._newest:
                break
        self._monitor = ServerMonitor(server)

    def fall_silent(self, how: Silence) -> None:
        """Have the server answer nobody, as in one of the ways in which it can itself."""
        assert self._monitor is not None
        if how == "paused":
            self._monitor.ask("CLIENT", "PAUSE", round(PAUSE_S * 1000))
        else:
            self._restartable.freeze()
        self._silent, self._monitor = self._monitor, None

    def speak_again(self) -> None:
        """Have it answer whoever has asked it since; a pause comes to its end, in real time."""
        self._restartable.thaw()
        self._monitor, self._silent = self._silent, None
        # It admits callers in the order in which they came, and hears them round by round: what was
        # sent and closed meanwhile has been heard of.
        self.lets_in()
        for _ in range(ROUNDS):
            self.ask("PING")

    def ask(self, *words: str | float) -> object:
        """Send one command and return its reply, or nothing."""
        return None if self._monitor is None else self._monitor.ask(*words)

    def last_commands(self, name: str) -> frozenset[str]:
        """What was last sent on each of the connections under a client name."""
        return frozenset() if self._monitor is None else self._monitor.last_commands(name)

    def takes(self, user: str, password: str) -> bool:
        """Whether the server takes these credentials from who is connected already."""
        return self._monitor is not None and self._monitor.takes(user, password)

    def address_of(self, number: int) -> str | None:
        """Where the server sees a connection come from; None if it is not open."""
        return None if self._monitor is None else self._monitor.address_of(number)

    def cut(self, number: int) -> bool:
        """Have the server close a connection, and return when it has; False if it was not open."""
        return self._monitor is not None and self._monitor.cut(number)

    def await_closed(self, numbers: frozenset[int], bound_s: float) -> frozenset[int]:
        """Wait until the server has closed these connections; those that it has when time is up."""
        return numbers if self._monitor is None else self._monitor.await_closed(numbers, bound_s)

    def among_the_idle(self) -> AbstractContextManager[None]:
        """Connect again, for as long as the block takes, if the server closes the connection."""
        return nullcontext() if self._monitor is None else self._monitor.among_the_idle()

    def settled_connections(
        self, pools: Mapping[str, str], allowed: Mapping[str, Allowed]
    ) -> Mapping[str, frozenset[int]]:
        """The connections of each pool, given the client name of each, once nothing moves."""
        if self._silent is not None:
            return {pool: self._seen.get(pool, frozenset()) for pool in pools}
        if self._monitor is None:
            return {pool: frozenset() for pool in pools}
        self._seen = self._monitor.settled_connections(pools, allowed)
        return self._seen

    def end_connections(self, names: frozenset[str]) -> None:
        """Close whatever is still open under these client names."""
        if self._monitor is not None:
            self._monitor.end_connections(names)

    def lets_in(self) -> None:
        """See that a server that is there admits a new connection. Raises ServerGone if not."""
        if self._monitor is not None:
            self._monitor.lets_in()

    def close(self) -> None:
        """Close the monitor's own connection."""
        for monitor in (self._monitor, self._silent):
            if monitor is not None:
                monitor.close()


def _number_of_a_new_connection(server: Server) -> int:
    connection = redis.Connection(host=server.host, port=server.port, socket_timeout=REPLY_S)
    try:
        connection.connect()
        connection.send_command("CLIENT", "ID")
        number: int = connection.read_response()
        return number
    finally:
        connection.disconnect()
