"""What is seen of a program's pools from outside: at the server, and at the sockets of this process."""

import socket
from collections.abc import Mapping
from contextlib import AbstractContextManager

from ..adapters.settings import PoolSettings
from ..programs.account import Account
from ..server.monitor import Allowed, Monitor
from .network.socket_info import PoolSockets, pool_sockets

WHATEVER_THERE_IS: Mapping[str, Allowed] = {}


class PoolsSeen:
    """Looks at the connections of the pools of one program."""

    def __init__(self, settings: PoolSettings, monitor: Monitor, account: Account) -> None:
        self._settings = settings
        self._monitor = monitor
        self._account = account

    def open_connections(
        self, allowed: Mapping[str, Allowed] = WHATEVER_THERE_IS
    ) -> Mapping[str, frozenset[int]]:
        """What the server sees open of each pool; `allowed` is what each should have left."""
        names = {name: pool.client_name for name, pool in self._account.pools.items()}
        return self._monitor.settled_connections(names, allowed)

    def sockets(self) -> AbstractContextManager[PoolSockets]:
        """The sockets of this process that are connected to the server, for as long as the block takes.

        A name can have several addresses: a pool may have connected to any.
        """
        host, port = self._settings.host, self._settings.port
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return pool_sockets(*[(str(address[0]), port) for *_, address in found])
