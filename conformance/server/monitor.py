"""The monitor: what the server itself says about the connections of a pool.

It speaks over a connection of its own, which no judged pool knows of.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Event
from time import monotonic
from typing import Protocol, TypeAlias

import redis

from .discovery import Server

_CLIENT = re.compile(r"^id=(\d+) .*?\bname=(\S*)", re.MULTILINE)
_ADDRESS = re.compile(r"^id=(\d+) addr=(\S+)", re.MULTILINE)
_LAST_COMMAND = re.compile(r"^id=.*? name=(\S*) .*?\bcmd=(\S*)", re.MULTILINE)

CLOSING_S = 0.3
"""How long a connection that was closed here may still be seen open there."""

CUTTING_S = 3.0
"""How long the server may take to close a connection when it is told to."""

Allowed: TypeAlias = int | frozenset[int]
"""So many connections at most, or no others than these."""


class ServerGone(Exception):
    """The server went away; the message says what to do."""


class Monitor(Protocol):
    """What a driver asks of the monitor."""

    def ask(self, *words: str | float) -> object:
        """Send the server a command."""
        ...

    def last_commands(self, name: str) -> frozenset[str]:
        """What was last sent on each of the connections under a client name."""
        ...

    def takes(self, user: str, password: str) -> bool:
        """Whether the server takes these credentials from who is connected already."""
        ...

    def address_of(self, number: int) -> str | None:
        """Where the server sees a connection come from; None if it is not open."""
        ...

    def cut(self, number: int) -> bool:
        """Have the server close a connection, and return when it has; False if it was not open."""
        ...

    def await_closed(self, numbers: frozenset[int], bound_s: float) -> frozenset[int]:
        """Wait until the server has closed these connections; those that it has when time is up."""
        ...

    def among_the_idle(self) -> AbstractContextManager[None]:
        """Connect again, for as long as the block takes, if the server closes the connection."""
        ...

    def settled_connections(
        self, pools: Mapping[str, str], allowed: Mapping[str, Allowed]
    ) -> Mapping[str, frozenset[int]]:
        """The connections of each pool, given the client name of each, once nothing moves.

        `allowed` is what a pool should have left when nothing moves, for those of which that is known.
        """
        ...

    def end_connections(self, names: frozenset[str]) -> None:
        """Close whatever is still open under these client names."""
        ...

    def lets_in(self) -> None:
        """See that the server admits a new connection. Raises ServerGone if not."""
        ...


class ServerMonitor:
    """Asks the server which connections are open, and undoes what a program leaves behind."""

    def __init__(self, server: Server) -> None:
        self._address = server.address()
        self._arguments = {
            "host": server.host,
            "port": server.port,
            "db": server.db,
            "username": server.username or "",
            "password": server.password or "",
            "client_name": "poolproof-monitor",
            "socket_timeout": 30,
        }
        self._connection = redis.Connection(**self._arguments)
        self._spare_connections = 0
        """How many connections more may be opened to have one command answered."""
        self._outlasted: dict[str, tuple[Allowed, frozenset[int]]] = {}
        """Of each pool that had more connections than so many, or others than these, for longer than
        a close takes: which."""

    def ask(self, *words: str | float) -> object:
        """Send one command and return its reply. Raises ServerGone if there is none."""
        for _ in range(self._spare_connections):
            with suppress(redis.ConnectionError):
                return self._reply(*words)
        try:
            return self._reply(*words)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise ServerGone(
                f"the server at {self._address} stopped answering during the check; see that it "
                f"stays up, and check again"
            ) from error

    @contextmanager
    def among_the_idle(self) -> Iterator[None]:
        """Connect again, for as long as the block takes, if the server closes the connection.

        It does so with who is idle, which the monitor is when the machine stands still.
        """
        self._spare_connections = 3
        try:
            yield
            self.ask("PING")
        finally:
            self._spare_connections = 0

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
        """Whether the server takes these credentials from who is connected already."""
        self.ask("PING")
        try:
            self._reply("AUTH", user, password)
        except (redis.AuthenticationError, redis.ResponseError):
            return False
        return True

    def address_of(self, number: int) -> str | None:
        """Where the server sees a connection come from; None if it is not open."""
        listed = _ADDRESS.findall(self._client_list())
        return next((address for other, address in listed if int(other) == number), None)

    def cut(self, number: int) -> bool:
        """Have the server close a connection, and return when it has; False if it was not open.

        Servers do so before they reply, or else in their next round. Raises ServerGone if not.
        """
        closed = self.ask("CLIENT", "KILL", "ID", number)
        give_up_s = monotonic() + CUTTING_S
        while self._is_open(number):
            if monotonic() > give_up_s:
                raise ServerGone(
                    f"the server at {self._address} was told to close a connection (CLIENT KILL) and "
                    f"has not done so in {CUTTING_S:g} s; use another"
                )
        return bool(closed)

    def await_closed(self, numbers: frozenset[int], bound_s: float) -> frozenset[int]:
        """Wait until the server has closed these connections; those that it has when time is up.

        It closes them by itself and tells nobody. Who asks again and again is not idle, and stays.
        """
        give_up_s = monotonic() + bound_s
        pause = Event()
        while (left := numbers & self._open_numbers()) and monotonic() < give_up_s:
            pause.wait(0.01)
        return numbers - left

    def settled_connections(
        self, pools: Mapping[str, str], allowed: Mapping[str, Allowed]
    ) -> Mapping[str, frozenset[int]]:
        """The same; and where a pool has others than are allowed, only those that stay.

        A server hears of a close a little after the client has made it, and nothing tells us when;
        so a surplus is looked at again until it is gone, or has outlasted any close.
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

    def lets_in(self) -> None:
        """See that the server answers and admits a new connection. Raises ServerGone if not.

        What a pool cannot do while this cannot be done either is not its fault.
        """
        self.ask("PING")
        newcomer = redis.Connection(**self._arguments)
        try:
            newcomer.connect()
        except redis.RedisError as error:
            raise ServerGone(
                f"the server at {self._address} turns new connections away ({error}); give it more "
                f"room (maxclients), or use another"
            ) from error
        finally:
            newcomer.disconnect()

    def close(self) -> None:
        """Close the monitor's own connection."""
        self._connection.disconnect()

    def _reply(self, *words: str | float) -> object:
        self._connection.send_command(*words)  # which connects, if the connection is closed
        return self._connection.read_response()

    def _is_open(self, number: int) -> bool:
        return number in self._open_numbers()

    def _open_numbers(self) -> frozenset[int]:
        return frozenset(int(number) for number, _ in _CLIENT.findall(self._client_list()))

    def _client_list(self) -> str:
        reply = self.ask("CLIENT", "LIST")
        return reply.decode() if isinstance(reply, bytes) else str(reply)


def _has_surplus(allowed: int | frozenset[int] | None, seen: frozenset[int]) -> bool:
    if allowed is None:
        return False
    return len(seen) > allowed if isinstance(allowed, int) else not seen <= allowed
