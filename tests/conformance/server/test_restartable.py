"""A server that is ended, stopped or started again is where it was, and leaves nothing behind."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from poolproof.conformance.server.control import CannotConnect, Control
from poolproof.conformance.server.restartable import RestartableServer, restartable_server

BOUND_S = 20.0


@pytest.fixture
def restartable() -> Iterator[RestartableServer]:
    with restartable_server() as restartable:
        yield restartable


def test_a_server_that_is_down_refuses_and_comes_back_where_it_was(
    restartable: RestartableServer,
) -> None:
    server = restartable.server
    for _ in range(2):
        with Control(server.endpoint) as connection:
            assert connection.ask("PING") == b"PONG"
            restartable.shut_down()
            with pytest.raises(ConnectionError, match="closed the connection"):
                connection.ask("PING")
            with pytest.raises(CannotConnect, match="refused"):
                connection.ask("PING")
            restartable.come_back()
            assert connection.ask("PING") == b"PONG"
    assert restartable.server == server


def test_a_frozen_server_lets_connect_and_answers_when_it_is_thawed(
    restartable: RestartableServer,
) -> None:
    server = restartable.server
    restartable.freeze()
    with socket.create_connection((server.host, server.port), BOUND_S) as client:
        client.sendall(b"PING\r\n")
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)
        restartable.thaw()
        client.settimeout(BOUND_S)
        assert client.recv(100) == b"+PONG\r\n"


@pytest.mark.parametrize("state", ["up", "down", "frozen"])
def test_nothing_is_left_of_a_restartable_server_whatever_its_state(state: str) -> None:
    process, directory = 0, Path()
    with (  # noqa: PT012 - what is in the block is what must not outlive it
        pytest.raises(RuntimeError, match="the program failed"),
        restartable_server() as restartable,
    ):
        server = restartable.server
        with Control(server.endpoint) as connection:
            info = connection.ask("INFO", "server")
        assert isinstance(info, bytes)
        process = int(info.split(b"process_id:")[1].split()[0])
        directory = Path(f"/proc/{process}/cwd").resolve()
        if state == "down":
            restartable.shut_down()
        if state == "frozen":
            restartable.freeze()
        raise RuntimeError("the program failed")
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        pytest.fail("its process is still there")
    assert not directory.exists()
