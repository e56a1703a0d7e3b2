"""Credentials open the door or are told to be wrong, and are never shown."""

import re
import socket
import traceback
from collections.abc import Iterator

import pytest
from redis import Redis

from poolproof.conformance.server import Server, ServerError, obtain

from .asking import refused
from .listening import listener


@pytest.fixture
def guarded() -> Iterator[Server]:
    """A server that wants a password."""
    with obtain(source="embedded") as server:
        admin = Redis(host=server.host, port=server.port)
        admin.config_set("requirepass", "s3cret/word")
        admin.acl_setuser("alice", enabled=True, passwords=["+al1ce word"], categories=["+@all"])
        admin.acl_setuser("bob", enabled=True, passwords=["+b0b"], commands=["+ping", "+select"])
        admin.close()
        yield server


class TestCredentials:
    @pytest.mark.parametrize(
        "credentials", [":s3cret%2Fword", "default:s3cret%2Fword", "alice:al1ce%20word"]
    )
    def test_the_right_ones_open_the_door_and_are_not_shown(
        self, guarded: Server, credentials: str
    ) -> None:
        with obtain(f"redis://{credentials}@127.0.0.1:{guarded.port}") as server:
            shown = repr(server) + str(server) + server.address()

        assert server.password in ("s3cret/word", "al1ce word")
        assert not re.search("s3cret|al1ce|alice|default", shown)

    @pytest.mark.parametrize(
        ("credentials", "says"),
        [
            ("", "wants a password"),
            (":wr0ng%2Fword@", "does not accept the user name or password"),
            ("alice:wr0ng%2Fword@", "does not accept the user name or password"),
            ("alice@", "does not accept the user name or password"),
            ("bob:b0b@", "does not let this user ask INFO and SELECT"),
            (":wr0ng\udcff@", "does not accept the user name or password"),
        ],
    )
    def test_wrong_ones_are_told_without_being_shown(
        self, guarded: Server, credentials: str, says: str
    ) -> None:
        url = f"redis://{credentials}127.0.0.1:{guarded.port}"
        with pytest.raises(ServerError) as refusal, obtain(url):
            pass
        shown = "".join(traceback.format_exception(refusal.value)) + repr(refusal.value)

        assert says in str(refusal.value)
        assert not re.search("wr0ng|alice|bob|b0b", shown)

    def test_a_password_for_a_server_without_one_is_told(self) -> None:
        with obtain(source="embedded") as running:
            told = refused(f"redis://:s3cret@127.0.0.1:{running.port}")

        assert "has no password: leave the one in the URL out" in told

    @pytest.mark.parametrize(
        "url",
        [
            "redis://us3r:s3cr3t@localhost:port",
            "redis://us3r:s3cr3t@localhost/first",
            "redis://us3r:s3cr3t@localhost?s3cr3t=us3r",
            "redis://us3r:s3cr3t@",
            "redis://us3r:s3cr3t/more@localhost",
            "redis://us3r:s3cr3t#more@localhost",
            "redis://us3r:s3cr3t?more@localhost",
            "redis://us3r:s3cr3t[more@localhost",
            "redis://us3r:s3cr3t\u2100@localhost",
            "redis://us3r:s3cr3t@no-such-host.invalid",
            "us3r:s3cr3t@localhost",
            "s3cr3t://us3r@localhost",
            "rediss://us3r:s3cr3t@localhost",
        ],
    )
    def test_no_slip_in_writing_the_url_shows_them(self, url: str) -> None:
        with pytest.raises(ServerError) as refusal, obtain(url):
            pass
        shown = "".join(traceback.format_exception(refusal.value)) + repr(refusal.value)

        assert not re.search("us3r|s3cr3t", shown)

    def test_a_server_that_repeats_them_is_not_quoted(self) -> None:
        def behave(connection: socket.socket) -> None:
            heard = connection.recv(1 << 16).replace(b"\r\n", b" ")
            connection.sendall(b"-S3CR3T " + heard + b"\r\n")

        with listener(behave) as port:
            url = f"redis://us3r:S3CR3T@127.0.0.1:{port}"
            with pytest.raises(ServerError) as refusal, obtain(url):
                pass
        shown = "".join(traceback.format_exception(refusal.value)) + repr(refusal.value)

        assert not re.search("us3r|S3CR3T", shown)
