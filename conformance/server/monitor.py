"""The monitor: what the server itself says about the connections of a pool.

It speaks over a connection of its own, which no judged pool knows of.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event
from time import monotonic
from typing import TypeAlias

from .control import FAILURES, Control, ErrorReply
from .discovery import Server
from .resp import NotRedis

_CLIENT = re.compile(r"^id=(\d+) .*?\bname=(\S*)", re.MULTILINE)
_ADDRESS = re.compile(r"^id=(\d+) addr=(\S+)", re.MULTILINE)
_LAST_COMMAND = re.compile(r"^id=.*? name=(\S*) .*?\bcmd=(\S*)", re.MULTILINE)

NAME = "poolproof-monitor"
"""The client name of the monitor's own connections."""

CLOSING_S = 0.3
"""How long a connection that was closed here may still be seen open there."""

CUTTING_S = 3.0
"""How long the server may take to close a connection when it is told to."""

Allowed: TypeAlias = int | frozenset[int]
"""So many connections at most, or no others than these."""


class ServerGone(Exception):
    """The server went away; the message says what to do."""


class Monitor(ABC):
    """Tells from a server's CLIENT LIST which connections of a pool are open there."""

    def __init__(self, called: str) -> None:
        self._called = called
        """What texts for users call the server."""
        self._outlasted: dict[str, tuple[Allowed, frozenset[int]]] = {}
        """By pool: the connections that it had beyond what was allowed, and that stayed for longer than
        a close takes."""

    @abstractmethod
    def ask(self, *words: str | float) -> object:
        """The reply to one command; None from a server that is away or only imagined."""

    @abstractmethod
    def lets_in(self) -> None:
        """Return if the server admits a new connection, and raise ServerGone if not.

        What a pool cannot do while this cannot be done either is not its fault.
        """

    @contextmanager
    def among_the_idle(self) -> Iterator[None]:
        """Keep the monitor heard in a block in which the server closes connections that are idle."""
        yield

    def open_connections(self, pools: Mapping[str, str]) -> Mapping[str, frozenset[int]]:
        """The connections of each pool, given the client name of each."""
        seen: dict[str, set[int]] = {pool: set() for pool in pools}
        pool_of = {name: pool for pool, name in pools.items()}
        for number, name in _CLIENT.findall(self._client_list()):
            if name in pool_of:
                seen[pool_of[name]].add(int(number))
        return {pool: frozenset(numbers) for pool, numbers in seen.items()}

    def last_commands(self, name: str) -> frozenset[str]:
        """What was last sent on each of the connections under a client name."""
        listed = _LAST_COMMAND.findall(self._client_list())
        return frozenset(command for other, command in listed if other == name)

    def takes(self, user: str, password: str) -> bool:
        """Whether the server accepts these credentials on a connection that is open already."""
        self.ask("PING")
        try:
            return self.ask("AUTH", user, password) == b"OK"
        except ErrorReply:
            return False

    def address_of(self, number: int) -> str | None:
        """Where the server sees a connection come from; None if it is not open."""
        listed = _ADDRESS.findall(self._client_list())
        return next((address for other, address in listed if int(other) == number), None)

    def cut(self, number: int) -> bool:
        """Make the server close a connection, and return once it has; False if it was not open.

        Servers close it before they reply, or else in their next round. Raises ServerGone if not.
        """
        closed = self.ask("CLIENT", "KILL", "ID", number)
        give_up_s = monotonic() + CUTTING_S
        while number in self._open_numbers():
            if monotonic() > give_up_s:
                raise ServerGone(
                    f"{self._called} was told to close a connection (CLIENT KILL) and has not done so "
                    f"in {CUTTING_S:g} s; use another"
                )
        return bool(closed)

    def await_closed(self, numbers: frozenset[int], bound_s: float) -> frozenset[int]:
        """Wait until the server has closed these connections; returns those it has closed in time.

        It closes them by itself and tells nobody. A monitor that asks again and again is not idle.
        """
        give_up_s = monotonic() + bound_s
        pause = Event()
        while (left := numbers & self._open_numbers()) and monotonic() < give_up_s:
            pause.wait(0.01)
        return numbers - left

    def settled_connections(
        self, pools: Mapping[str, str], allowed: Mapping[str, Allowed]
    ) -> Mapping[str, frozenset[int]]:
        """The connections of each pool, given the client name of each, once nothing moves.

        `allowed` is what a pool should have left by then, where that is known. Of those beyond it only
        the ones are returned that stay: a server hears of a close a little after the client has made
        it, and nothing tells us when. So a surplus is looked at again until it is gone, or until it
        has outlasted any close.
        """
        seen = self.open_connections(pools)
        give_up_s = monotonic() + CLOSING_S
        pause = Event()
        while surplus := [
            pool
            for pool in seen
            if _has_surplus(allowed.get(pool), seen[pool])
            and not self._has_outlasted(pool, allowed[pool], seen[pool])
        ]:
            if monotonic() >= give_up_s:
                self._outlasted.update({pool: (allowed[pool], seen[pool]) for pool in surplus})
                break
            pause.wait(0.01)
            seen = self.open_connections(pools)
        return seen

    def _has_outlasted(self, pool: str, allowed: Allowed, connections: frozenset[int]) -> bool:
        """Whether it is known that none of these is about to be closed."""
        then, outlasted = self._outlasted.get(pool, (0, frozenset[int]()))
        if isinstance(then, int) and isinstance(allowed, int):
            return then <= allowed and connections <= outlasted
        # Once somebody has released what they held, a close that waited for that may go on.
        return then == allowed and connections <= outlasted

    def end_connections(self, names: frozenset[str]) -> None:
        """Close whatever is still open under these client names."""
        for number, name in _CLIENT.findall(self._client_list()):
            if name in names:
                self.ask("CLIENT", "KILL", "ID", number)

    def _open_numbers(self) -> frozenset[int]:
        return frozenset(int(number) for number, _ in _CLIENT.findall(self._client_list()))

    def _client_list(self) -> str:
        reply = self.ask("CLIENT", "LIST")
        return reply.decode() if isinstance(reply, bytes) else ""


class ServerMonitor(Monitor):
    """Asks a server over one connection, which is opened again after it was lost."""

    def __init__(self, server: Server) -> None:
        super().__init__(f"the server at {server.address()}")
        self._endpoint = server.endpoint
        self._control = Control(server.endpoint, name=NAME)
        self._spare_connections = 0
        """How many connections more may be opened to have one command answered."""

    def ask(self, *words: str | float) -> object:
        """The reply to one command. Raises ServerGone if there is none, and ErrorReply for an error."""
        for _ in range(self._spare_connections):
            with suppress(ConnectionError):
                return self._control.ask(*words)
        try:
            return self._control.ask(*words)
        except (OSError, NotRedis) as error:
            raise ServerGone(
                f"{self._called} stopped answering during the check; see that it stays up, and check "
                f"again"
            ) from error

    @contextmanager
    def among_the_idle(self) -> Iterator[None]:
        """Connect again in this block if the server closes the monitor's connection as idle.

        The monitor is idle, too, when the machine stands still.
        """
        self._spare_connections = 3
        try:
            yield
            self.ask("PING")
        finally:
            self._spare_connections = 0

    def lets_in(self) -> None:
        """Return if the server admits a new connection, and raise ServerGone if not."""
        self.ask("PING")
        with Control(self._endpoint, name=NAME) as newcomer:
            try:
                newcomer.connect()
            except FAILURES as error:
                raise ServerGone(
                    f"{self._called} turns new connections away ({error}); give it more room "
                    f"(maxclients), or use another"
                ) from error

    def close(self) -> None:
        """Close the monitor's own connection."""
        self._control.close()


def _has_surplus(allowed: int | frozenset[int] | None, seen: frozenset[int]) -> bool:
    if allowed is None:
        return False
    return len(seen) > allowed if isinstance(allowed, int) else not seen <= allowed
