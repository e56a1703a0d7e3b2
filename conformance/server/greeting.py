"""Asking whoever listens at an address whether it is a Redis, and which.

Spoken here in plain RESP, not through a client library: the answer must come within one deadline
whatever is at the other end, be the same whichever client version is installed, and no text that
the other end sends is ever quoted, because it may repeat the user name or the password.
"""

import socket
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from .address import Address
from .errors import ServerError

PATIENCE_S = 5.0

# What a Redis says of itself is a kilobyte; something that announces more is not one.
LONGEST_REPLY_BYTES = 1 << 20

WRONG_CREDENTIALS = "does not accept the user name or password of the URL; correct them"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server says it is."""

    product: str
    version: str


class _NotRedisError(Exception):
    """The other end does not speak the protocol."""


class _RefusedError(Exception):
    """The server answered with an error; the message is the server's own and is not shown."""


def identify(address: Address, patience_s: float = PATIENCE_S) -> Identity:
    """Connect, authenticate, select the database and ask for the product and its version."""
    deadline = monotonic() + patience_s
    with _connect(address, patience_s) as connection:
        server = _Conversation(connection, deadline)
        try:
            return _introduced(server, address)
        except TimeoutError:
            complaint = (
                f"did not answer as a Redis server within {patience_s:g} s; name one that does"
            )
        except (_NotRedisError, OSError):
            complaint = "does not speak the Redis protocol; name one that does"
        except _RefusedError as refusal:
            complaint = _explained(str(refusal), address)
    # Raised outside of the handlers, so that no traceback carries the server's own words along.
    raise ServerError(f"The server at {address} {complaint}.")


def _connect(address: Address, patience_s: float) -> socket.socket:
    try:
        return socket.create_connection((address.host, address.port), timeout=patience_s)
    except TimeoutError:
        reason = f"no answer within {patience_s:g} s"
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
    except ValueError:
        reason = "that is no host name"
    raise ServerError(
        f"No server can be reached at {address}: {reason}; start it, or name another."
    )


def _introduced(server: "_Conversation", address: Address) -> Identity:
    if address.username is not None or address.password is not None:
        user = [address.username] if address.username is not None else []
        server.ask("AUTH", *user, address.password or "")
    server.ask("SELECT", str(address.db))
    about = server.ask("INFO", "server").decode("utf-8", "replace")
    fields = dict(line.split(":", 1) for line in about.splitlines() if ":" in line)
    if "redis_version" not in fields:
        raise _NotRedisError
    # Redis gives itself no name; whoever forked it does, and keeps redis_version for old clients.
    name = fields.get("server_name", "redis")
    version = fields.get(f"{name}_version", fields["redis_version"])
    return Identity(product=name.capitalize(), version=version)


def _explained(refusal: str, address: Address) -> str:
    code = refusal.partition(" ")[0]
    match code:
        case "NOAUTH":
            return "wants a password: write it into the URL, as in redis://:password@host:6379/0"
        case "WRONGPASS":
            return WRONG_CREDENTIALS
        case "NOPERM":
            return "does not let this user ask INFO and SELECT, as the checks must; name another"
        case "DENIED":
            return "runs in protected mode: check on its own machine, or give it a password"
    if "without any password" in refusal or "no password is set" in refusal:
        return "has no password: leave the one in the URL out"
    if "invalid password" in refusal or "'auth'" in refusal.lower():
        return WRONG_CREDENTIALS
    if "DB index" in refusal or "SELECT is not allowed" in refusal:
        return f"has no database {address.db}; name another, as in redis://host:6379/0"
    if "max number of clients" in refusal:
        return "has no room for another client; raise its maxclients"
    return "refuses AUTH, SELECT or INFO, which the checks need; name another user"


class _Conversation:
    """One request, one reply, and one deadline for all of them together."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._received = bytearray()

    def ask(self, *words: str) -> bytes:
        # An argument from the command line that is not UTF-8 is given back as the bytes it was.
        parts = [word.encode("utf-8", "surrogateescape") for word in words]
        request = b"*%d\r\n" % len(parts)
        request += b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        self._connection.settimeout(self._left())
        # A server that turns us away may close before it has read us; its reply says why.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._connection.sendall(request)
        return self._reply()

    def _reply(self) -> bytes:
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise _RefusedError(rest.decode("utf-8", "replace"))
        if kind == b"$" and rest.isdigit() and int(rest) <= LONGEST_REPLY_BYTES:
            return self._take(int(rest) + len(b"\r\n"))
        raise _NotRedisError

    def _line(self) -> bytes:
        while b"\r\n" not in self._received:
            if self._received and self._received[0] not in b"+-$":
                raise _NotRedisError
            self._receive()
        return self._take(self._received.index(b"\r\n") + len(b"\r\n")).removesuffix(b"\r\n")

    def _take(self, count: int) -> bytes:
        while len(self._received) < count:
            self._receive()
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def _receive(self) -> None:
        self._connection.settimeout(self._left())
        piece = self._connection.recv(1 << 16)
        if not piece or len(self._received) > LONGEST_REPLY_BYTES:
            raise _NotRedisError
        self._received += piece

    def _left(self) -> float:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        return left
