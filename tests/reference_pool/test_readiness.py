"""On a real server: a connection that is cut or carries an unread reply is never lent as it is."""

import io
import select
import ssl
from collections.abc import Iterator
from socket import socket
from types import SimpleNamespace
from typing import cast

import pytest
import redis
from at_server import end_connection, where
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from poolproof.conformance.server import Server
from poolproof.reference_pool import ConnectionPool
from poolproof.reference_pool import slot as slot_module

from . import PATIENCE_S

# The parser of redis-py, and before it the one over hiredis where that is installed.
PARSERS = dict.fromkeys([redis.connection.DefaultParser, redis._parsers._RESP2Parser])


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def protocol(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture(params=PARSERS, ids=lambda parser: parser.__name__)
def parser(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture(params=["poll kept", "can_read asked"])
def pool(
    request: pytest.FixtureRequest,
    server: Server,
    protocol: object,
    parser: object,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ConnectionPool]:
    """One connection, with each parser and protocol, and with and without `select.poll`."""
    if request.param == "can_read asked":
        monkeypatch.setattr(slot_module, "select", SimpleNamespace())
    with ConnectionPool(
        **where(server),
        protocol=protocol,
        parser_class=parser,
        socket_timeout=PATIENCE_S,
        max_connections=1,
        timeout=0,
    ) as pool:
        yield pool


def say(connection: AbstractConnection, *words: str | int) -> object:
    connection.send_command(*words)
    return connection.read_response()


def arrival(connection: AbstractConnection) -> None:
    """Return once the server's bytes, or its farewell, have arrived."""
    sock = cast("socket", connection._sock)

    assert select.select([sock], [], [], PATIENCE_S)[0], "nothing arrived"


def test_a_clean_connection_is_lent_again_as_it_is(pool: ConnectionPool) -> None:
    identities = set()
    for _ in range(3):
        with pool.connection() as connection:
            say(connection, "SET", "poolproof:readiness", "x" * 100_000)
            say(connection, "GET", "poolproof:readiness")
            say(connection, "DEL", "poolproof:readiness")
            with pytest.raises(redis.ResponseError):
                say(connection, "NO", "SUCH", "COMMAND")
            identities.add(say(connection, "CLIENT", "ID"))

    assert len(identities) == 1


def test_nobody_reads_the_reply_to_anothers_command(pool: ConnectionPool) -> None:
    with pool.connection() as connection:
        connection.send_command("ECHO", "another's")
        arrival(connection)

    with pool.connection() as connection:
        assert say(connection, "ECHO", "mine") == b"mine"


def test_nobody_reads_a_reply_that_the_parser_already_holds(pool: ConnectionPool) -> None:
    with pool.connection() as connection:
        connection.send_packed_command(
            connection.pack_commands([("ECHO", "read"), ("ECHO", "another's")])
        )
        # One reply read, the other one in the parser: they come in one piece, and if for once they
        # do not, the second one is on the socket, and the pool must see it there.
        arrival(connection)
        assert connection.read_response() == b"read"
        connection.can_read(PATIENCE_S)

    with pool.connection() as connection:
        assert say(connection, "ECHO", "mine") == b"mine"


def test_a_connection_that_the_server_closed_is_connected_afresh(
    pool: ConnectionPool, server: Server
) -> None:
    with pool.connection() as connection:
        before = say(connection, "CLIENT", "ID")
        end_connection(server, before)
        arrival(connection)

    with pool.connection() as connection:
        assert say(connection, "CLIENT", "ID") != before


def test_a_server_that_cannot_be_reached_costs_no_slot(server: Server) -> None:
    with ConnectionPool(host=server.host, port=1, max_connections=1, timeout=0) as pool:
        for _ in range(3):
            with pytest.raises(RedisConnectionError, match="onnect"):
                pool.get_connection()


def test_a_socket_with_tls_is_asked_through_its_connection() -> None:
    class Encrypted:
        def pending(self) -> int:
            return 0

        def fileno(self) -> int:
            raise AssertionError("the bare descriptor does not tell what TLS has decrypted")

    class Connection(redis.Connection):
        asked = 0

        def connect(self) -> None:
            self._sock = Encrypted()  # type: ignore[assignment]  # stands for ssl.SSLSocket
            buffer = SimpleNamespace(_buffer=io.BytesIO())
            self._parser = SimpleNamespace(_buffer=buffer)

        def disconnect(self, *_: object, **__: object) -> None:
            self._sock = None

        def can_read(self, timeout: float = 0) -> bool:
            self.asked += 1
            return False

    assert hasattr(ssl.SSLSocket, "pending")
    pool = ConnectionPool(connection_class=Connection)
    with pool.connection() as connection:
        assert isinstance(connection, Connection)
        assert connection.asked == 1
