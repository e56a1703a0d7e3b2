"""What is done to a server happens, is undone at the end of its block, and is done to ours only."""

import dataclasses
from collections.abc import Iterator

import pytest
import redis

from poolproof.conformance.faults.network import Proxy
from poolproof.conformance.faults.server.server_faults import FaultFailed, NotOurs, ServerFaults
from poolproof.conformance.server import Server, obtain

BOUND_S = 20.0
SETTINGS = ("timeout", "maxclients", "requirepass")


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """One that no other test uses."""
    with obtain() as server:
        yield server


@pytest.fixture
def faults(own_server: Server) -> Iterator[ServerFaults]:
    with ServerFaults(own_server) as faults:
        yield faults


def connection_to(host: str, port: int, **more: object) -> redis.Connection:
    connection = redis.Connection(
        host=host,
        port=port,
        socket_timeout=BOUND_S,
        retry=None,
        **more,
    )
    connection.connect()
    return connection


def ask(connection: redis.Connection, *words: str | int) -> object:
    connection.send_command(*words)
    return connection.read_response()


def settings_of(server: Server) -> dict[str, object]:
    connection = connection_to(server.host, server.port)
    try:
        return {setting: ask(connection, "CONFIG", "GET", setting) for setting in SETTINGS}
    finally:
        connection.disconnect()


def test_a_server_that_was_given_is_left_alone(own_server: Server) -> None:
    with pytest.raises(NotOurs, match="was given"):
        ServerFaults(dataclasses.replace(own_server, started_by_kit=False))


def test_nobody_new_is_let_in_while_there_is_no_room(
    own_server: Server, faults: ServerFaults
) -> None:
    inside = connection_to(own_server.host, own_server.port)
    with faults.room_for(1):
        last = connection_to(own_server.host, own_server.port)
        with pytest.raises(redis.ConnectionError, match="max number of clients"):
            connection_to(own_server.host, own_server.port)
        assert ask(inside, "PING") == b"PONG"
    connection_to(own_server.host, own_server.port).disconnect()
    inside.disconnect()
    last.disconnect()


def test_a_password_is_demanded_of_who_connects(own_server: Server, faults: ServerFaults) -> None:
    inside = connection_to(own_server.host, own_server.port)
    with faults.password("s3cret"):
        for known in ("", "wrong"):
            with pytest.raises(redis.AuthenticationError):
                connection_to(own_server.host, own_server.port, password=known)
        connection_to(own_server.host, own_server.port, password="s3cret").disconnect()
        assert ask(inside, "PING") == b"PONG"
    assert ask(inside, "PING") == b"PONG"
    inside.disconnect()


def test_who_is_idle_is_closed(own_server: Server, faults: ServerFaults) -> None:
    with Proxy(own_server.host, own_server.port) as proxy:
        idle = connection_to(proxy.host, proxy.port)
        with faults.idle_timeout(1):
            # The server counts whole seconds, so this takes a few.
            proxy.await_end(*proxy.links())
        idle.disconnect()


def test_who_writes_is_refused_while_the_server_is_read_only(
    own_server: Server, faults: ServerFaults
) -> None:
    connection = connection_to(own_server.host, own_server.port)
    with faults.read_only():
        with pytest.raises(redis.exceptions.ReadOnlyError):
            ask(connection, "SET", "read-only", "x")
        assert ask(connection, "PING") == b"PONG"
    assert ask(connection, "SET", "read-only", "x") == b"OK"
    assert ask(connection, "DEL", "read-only") == 1
    connection.disconnect()


@pytest.mark.parametrize("fault", ["idle_timeout", "room_for", "password"])
def test_every_setting_is_as_before_when_a_block_is_left_by_an_exception(
    own_server: Server, faults: ServerFaults, fault: str
) -> None:
    before = settings_of(own_server)
    block = {
        "idle_timeout": lambda: faults.idle_timeout(60),
        "room_for": lambda: faults.room_for(5),
        "password": lambda: faults.password("s3cret"),
    }[fault]()
    with pytest.raises(KeyboardInterrupt), block:  # noqa: PT012 - what is in the block is changed
        if fault != "password":
            assert settings_of(own_server) != before
        raise KeyboardInterrupt
    assert settings_of(own_server) == before


def test_a_fault_that_closes_our_own_connection_is_undone_all_the_same(
    own_server: Server, faults: ServerFaults
) -> None:
    before = settings_of(own_server)
    other = connection_to(own_server.host, own_server.port)
    with faults.password("s3cret"):
        ask(other, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert settings_of(own_server) == before
    other.disconnect()


def test_what_the_server_does_not_do_is_said(faults: ServerFaults) -> None:
    with pytest.raises(FaultFailed, match="does not do"), faults.idle_timeout(-1):
        pass
