"""The kit's own client decodes every kind of reply, however it arrives, and connects again."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from poolproof.conformance.server import Server
from poolproof.conformance.server.address import Address
from poolproof.conformance.server.control import CannotConnect, Control, ErrorReply
from poolproof.conformance.server.resp import NotRedis

from .listening import listener


@pytest.fixture
def control(server: Server) -> Iterator[Control]:
    with Control(server.endpoint, name="control-test") as control:
        yield control


def test_each_kind_of_reply_is_decoded(control: Control) -> None:
    assert control.ask("PING") == b"PONG"
    assert control.ask("ECHO", "a\r\nb") == b"a\r\nb"
    assert control.ask("STRLEN", "no such key") == 0
    assert control.ask("GET", "no such key") is None
    assert control.ask("MGET", "no such key", "nor such") == [None, None]
    assert control.ask("CLIENT", "GETNAME") == b"control-test"
    with pytest.raises(ErrorReply, match="unknown command"):
        control.ask("NO SUCH COMMAND")
    assert control.ask("PING") == b"PONG"


def test_a_lost_connection_is_told_and_the_next_command_connects_again(
    server: Server, control: Control
) -> None:
    number = control.ask("CLIENT", "ID")
    assert isinstance(number, int)
    with Control(server.endpoint) as other:
        assert other.ask("CLIENT", "KILL", "ID", number) == 1
    with pytest.raises(ConnectionError):
        control.ask("PING")
    assert control.ask("PING") == b"PONG"
    assert control.ask("CLIENT", "ID") != number


def test_a_reply_may_arrive_in_pieces_that_look_like_something_else() -> None:
    def behave(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"+OK\r\n")
        connection.recv(1 << 16)
        for piece in (b"*2\r\n$5\r\nab", b"cde\r\n", b":99999999999\r\n"):
            connection.sendall(piece)
        with suppress(OSError):
            connection.recv(1)

    with listener(behave) as port, Control(Address("127.0.0.1", port)) as control:
        assert control.ask("ANYTHING") == [b"abcde", 99999999999]


def test_what_is_no_reply_is_not_waited_for() -> None:
    def behave(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"\x15")
        connection.recv(1)

    with (
        listener(behave) as port,
        Control(Address("127.0.0.1", port)) as control,
        pytest.raises(NotRedis),
    ):
        control.ask("PING")


def test_a_closed_port_is_unreachable() -> None:
    with Control(Address("127.0.0.1", 1)) as control, pytest.raises(CannotConnect, match="refused"):
        control.connect()
