"""The monitor is heard as long as there is a server."""

from contextlib import closing

import pytest

from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerGone, ServerMonitor


def test_where_the_server_shows_out_the_idle_the_witness_comes_back(server: Server) -> None:
    with closing(ServerMonitor(server)) as monitor, closing(ServerMonitor(server)) as other:
        first = number_of(monitor)
        with monitor.among_the_idle():
            assert other.cut(first)
            second = number_of(monitor)
            assert other.cut(second)

        assert len({first, second, number_of(monitor)}) == 3


def test_elsewhere_who_is_closed_does_not_pretend_that_nothing_has_happened(server: Server) -> None:
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
