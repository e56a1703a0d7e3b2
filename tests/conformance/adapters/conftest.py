"""What the tests of the adapters share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor

TARGETS = Path(__file__).parents[1] / "targets"


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Targets are found from where the command is run: those written for tests, and this folder."""
    monkeypatch.syspath_prepend(str(TARGETS))
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.fixture
def monitor(server: Server) -> Iterator[ServerMonitor]:
    monitor = ServerMonitor(server)
    yield monitor
    monitor.close()
