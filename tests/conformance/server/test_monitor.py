"""The monitor is heard as long as there is a server."""

from contextlib import closing

import pytest

from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerGone, ServerMonitor


def test_where_the_server_closes_idle_connections_the_monitor_comes_back(server: Server) -> None:
    with closing(ServerMonitor(server)) as monitor, closing(ServerMonitor(server)) as other:
        first = number_of(monitor)
        with monitor.among_the_idle():
            assert other.cut(first)
            second = number_of(monitor)
            assert other.cut(second)

        assert len({first, second, number_of(monitor)}) == 3


def test_elsewhere_a_monitor_that_was_closed_tells_it(server: Server) -> None:
    with closing(ServerMonitor(server)) as monitor, closing(ServerMonitor(server)) as other:
        with monitor.among_the_idle():
            pass
        assert other.cut(number_of(monitor))

        with pytest.raises(ServerGone, match="stopped answering during the check"):
            monitor.ask("PING")


def number_of(monitor: ServerMonitor) -> int:
    number = monitor.ask("CLIENT", "ID")
    assert isinstance(number, int)
    return number
