"""A server that a URL names is taken, introduced truthfully, or told to be none."""

import socket
from collections.abc import Callable
from contextlib import suppress

import pytest

from poolproof.conformance.server import ServerError, child, obtain
from poolproof.conformance.server.address import read_address
from poolproof.conformance.server.greeting import identify

from .asking import refused
from .listening import listener


class TestUrl:
    @pytest.mark.parametrize("scheme", ["redis", "valkey", "REDIS"])
    def test_the_server_it_names_is_taken_and_nothing_is_started(self, scheme: str) -> None:
        with (
            obtain(source="embedded") as running,
            obtain(f"{scheme}://127.0.0.1:{running.port}/3") as server,
        ):
            assert (server.port, server.db) == (running.port, 3)
            assert server.version == running.version
            assert server.obtained == "given by --redis-url"
            assert not server.started_by_kit

    def test_it_goes_before_what_the_environment_asks_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with obtain(source="embedded") as running:
            monkeypatch.setenv("POOLPROOF_SERVER", "container")
            with obtain(running.address()) as server:
                assert server.port == running.port

    def test_port_and_database_have_defaults(self) -> None:
        address = read_address("redis://example")

        assert (address.host, address.port, address.db) == ("example", 6379, 0)

    def test_the_database_may_be_an_option(self) -> None:
        assert read_address("redis://example/?db=7").db == 7

    def test_a_host_may_be_an_ipv6_address(self) -> None:
        assert str(read_address("redis://u:p@[::1]:7000/1")) == "redis://[::1]:7000/1"

    def test_credentials_are_decoded(self) -> None:
        address = read_address("redis://us%40er:p%2Fa%23ss@example")

        assert (address.username, address.password) == ("us@er", "p/a#ss")

    @pytest.mark.parametrize(
        ("url", "says"),
        [
            ("", "must begin with redis://"),
            ("localhost:6379", "must begin with redis://"),
            ("http://localhost", "must begin with redis://"),
            ("rediss://localhost", "rediss:// is not supported: connect without TLS"),
            ("valkeys://localhost", "valkeys:// is not supported: connect without TLS"),
            ("unix:///run/redis.sock", "unix:// is not supported: connect over TCP"),
            ("redis://", "names no host"),
            ("redis://:6379", "names no host"),
            ("redis://[::1", "cannot be read"),
            ("redis://localhost:port", "must be a number from 1 to 65535"),
            ("redis://localhost:0", "must be a number from 1 to 65535"),
            ("redis://localhost:65536", "must be a number from 1 to 65535"),
            ("redis://localhost:-1", "must be a number from 1 to 65535"),
            ("redis://localhost/first", "database in the Redis URL must be a number"),
            ("redis://localhost/-1", "database in the Redis URL must be a number"),
            ("redis://localhost/1/2", "database in the Redis URL must be a number"),
            ("redis://localhost?protocol=3", "may not carry options"),
            ("redis://localhost#1", "cannot be read"),
        ],
    )
    def test_a_bad_one_is_told_in_one_line(self, url: str, says: str) -> None:
        told = refused(url)

        assert says in told
        assert "\n" not in told

    @pytest.mark.parametrize("how", [{"image": "redis:8"}, {"source": "embedded"}])
    def test_a_server_to_start_beside_it_is_a_contradiction(self, how: dict[str, str]) -> None:
        assert "leaves nothing to start" in refused("redis://localhost", **how)

    def test_nobody_at_the_port_is_told(self) -> None:
        port = child.free_port()

        assert refused(f"redis://127.0.0.1:{port}") == (
            f"No server can be reached at redis://127.0.0.1:{port}/0: Connection refused; start it, or "
            "name another."
        )

    @pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70])
    def test_a_host_that_does_not_exist_is_told(self, host: str) -> None:
        assert refused(f"redis://{host}").startswith(f"No server can be reached at redis://{host}:")

    def test_a_database_that_does_not_exist_is_told(self) -> None:
        with obtain(source="embedded") as running:
            told = refused(f"redis://127.0.0.1:{running.port}/999")

        assert told == (
            f"The server at redis://127.0.0.1:{running.port}/999 has no database 999; name another, as "
            "in redis://host:6379/0."
        )


def until_the_end(connection: socket.socket) -> None:
    while connection.recv(1 << 16):
        pass


def drip(connection: socket.socket) -> None:
    connection.sendall(b"+")
    while True:
        connection.sendall(b"O")
        connection.settimeout(0.05)
        with suppress(TimeoutError):
            if not connection.recv(1 << 16):
                return


class TestSomethingElseAtThePort:
    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\x15\x03\x01\x00\x02\x02\x46",
            b"$99999999999\r\n",
            b"+OK\r\n$5\r\nhello\r\n",
            b"",
        ],
    )
    def test_it_is_told_that_this_is_no_redis(self, answer: bytes) -> None:
        def behave(connection: socket.socket) -> None:
            connection.recv(1 << 16)
            connection.sendall(answer)

        with listener(behave) as port:
            told = refused(f"redis://127.0.0.1:{port}")

        assert told == (
            f"The server at redis://127.0.0.1:{port}/0 does not speak the Redis protocol; name one "
            "that does."
        )

    @pytest.mark.parametrize("behave", [until_the_end, drip])
    def test_one_that_never_finishes_its_answer_is_given_up(
        self, behave: Callable[[socket.socket], object]
    ) -> None:
        with (
            listener(behave) as port,
            pytest.raises(ServerError, match="did not answer as a Redis server within 0"),
        ):
            identify(read_address(f"redis://127.0.0.1:{port}"), patience_s=0.3)

    def test_protected_mode_is_told_as_what_it_is(self) -> None:
        def behave(connection: socket.socket) -> None:
            connection.sendall(b"-DENIED Redis is running in protected mode because ...\r\n")

        with listener(behave) as port:
            assert "protected mode" in refused(f"redis://127.0.0.1:{port}")


class TestProduct:
    @pytest.mark.parametrize(
        ("says", "product", "version"),
        [
            ("redis_version:8.0.2", "Redis", "8.0.2"),
            (
                "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1",
                "Valkey",
                "8.1.1",
            ),
        ],
    )
    def test_it_is_what_the_server_says_it_is(self, says: str, product: str, version: str) -> None:
        def behave(connection: socket.socket) -> None:
            connection.recv(1 << 16)
            connection.sendall(b"+OK\r\n")
            connection.recv(1 << 16)
            connection.sendall(f"${len(says)}\r\n{says}\r\n".encode())

        with listener(behave) as port, obtain(f"redis://127.0.0.1:{port}") as server:
            assert (server.product, server.version) == (product, version)
