"""One connection to a server, for the kit's own commands.

It speaks the protocol itself. A client library would not do: the kit must work beside any version of
any client, and each answer must come within its time whatever is at the other end.
"""

import socket
from contextlib import suppress
from typing import Self, TypeAlias

from ..isolation import real
from .address import Address
from .resp import NotRedis

REPLY_S = 30.0
"""How long the server may take for one reply, unless the caller says otherwise."""

LONGEST_REPLY_BYTES = 1 << 26
"""Nothing that the kit asks for is longer. Something that announces more is no Redis."""

Reply: TypeAlias = "bytes | int | list[Reply] | None"


class CannotConnect(ConnectionError):
    """No connection can be made; the message says why, in the system's words."""


class ErrorReply(Exception):
    """The server replied with an error; the message is the server's, without a leading ERR."""


FAILURES = (OSError, ErrorReply, NotRedis)
"""All that a call of Control raises."""


class Control:
    """
    Connects when there is something to ask, and again after the connection was lost.

    Each call has one deadline, for connecting, too. A call raises CannotConnect, TimeoutError, another
    OSError if the connection is lost, ErrorReply, or NotRedis. After all of them but ErrorReply the
    connection is closed, so that a late reply is never taken for another one's.
    """

    def __init__(self, address: Address, *, name: str = "", reply_s: float = REPLY_S) -> None:
        self.address = address
        self._name, self._reply_s = name, reply_s
        self._socket: socket.socket | None = None
        self._received = bytearray()
        self._deadline_s = 0.0

    def connect(self) -> None:
        """Connect, authenticate, and select the database; without effect on an open connection."""
        self._deadline_s = real.monotonic() + self._reply_s
        if self._socket is None:
            self._connect()

    def ask(self, *words: str | float) -> Reply:
        """The reply to one command."""
        self.connect()
        return self._ask(*words)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._received.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _connect(self) -> None:
        self._socket = _connected(self.address, self._reply_s)
        try:
            if self.address.username or self.address.password:
                user = [self.address.username] if self.address.username else []
                self._ask("AUTH", *user, self.address.password or "")
            self._ask("SELECT", self.address.db)
            if self._name:
                self._ask("CLIENT", "SETNAME", self._name)
        except ErrorReply:
            self.close()
            raise

    def _ask(self, *words: str | float) -> Reply:
        try:
            self._send(*words)
            return self._read()
        except (OSError, NotRedis):
            self.close()
            raise

    def _send(self, *words: str | float) -> None:
        # An argument from the command line that is not UTF-8 is given back as the bytes it was.
        parts = [str(word).encode("utf-8", "surrogateescape") for word in words]
        request = b"*%d\r\n" % len(parts)
        request += b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        # A server that turns us away may close before it has read us; its reply says why.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._open_socket().sendall(request)

    def _read(self) -> Reply:
        line = self._line()
        kind, rest = line[:1], line[1:]
        match kind:
            case b"+":
                return rest
            case b"-":
                raise ErrorReply(rest.decode("utf-8", "replace").removeprefix("ERR "))
            case b":":
                return _number(rest)
            case b"$":
                length = _length(rest)
                return None if length < 0 else self._take(length + len(b"\r\n"))[:-2]
            case b"*":
                return [self._read() for _ in range(_length(rest))]
            case _:
                raise NotRedis("no reply begins like this")

    def _line(self) -> bytes:
        while b"\r\n" not in self._received:
            self._receive()
            if self._received[0] not in b"+-:$*":
                raise NotRedis("no reply begins like this")
        return self._take(self._received.index(b"\r\n") + len(b"\r\n")).removesuffix(b"\r\n")

    def _take(self, count: int) -> bytes:
        while len(self._received) < count:
            self._receive()
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def _receive(self) -> None:
        piece = self._open_socket().recv(1 << 16)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self._received += piece

    def _open_socket(self) -> socket.socket:
        """The socket, which waits no longer than to the deadline."""
        if self._socket is None:
            raise ConnectionError("the connection is closed")
        left_s = self._deadline_s - real.monotonic()
        if left_s <= 0:
            raise TimeoutError("the server did not answer in time")
        self._socket.settimeout(left_s)
        return self._socket


def _connected(address: Address, within_s: float) -> socket.socket:
    try:
        connection = socket.create_connection((address.host, address.port), within_s)
    except TimeoutError:
        reason = f"no answer within {within_s:g} s"
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
    except ValueError:
        reason = "that is no host name"
    else:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    # Raised outside of the handlers: what the system says may quote the name.
    raise CannotConnect(reason)


def _number(digits: bytes) -> int:
    try:
        return int(digits)
    except ValueError:
        raise NotRedis("there is no number where one must be") from None


def _length(digits: bytes) -> int:
    length = _number(digits)
    if length > LONGEST_REPLY_BYTES:
        raise NotRedis("no reply is that long")
    return length
