"""What a server does to the connections of a pool, done when a program says so, and undone after it.

Only to a server that the kit has started: one that was given by URL has other users. What needs the
server's process, to end it or to stop it, is in restartable.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from ...server.control import FAILURES, Control, ErrorReply, Reply
from ...server.discovery import Server

FAULT_REPLY_S: Final = 10.0
"""How long the server may take for one answer."""

NOBODY: Final = ("127.0.0.1", 1)
"""Where no server is that could be followed."""


class NotOurs(Exception):
    """The server was given, and is not to be disturbed."""


class FaultFailed(Exception):
    """The server did not do what it was told to."""


class ServerFaults:
    """
    Tells the server over a connection of its own, which no judged pool knows of.

        with ServerFaults(server) as faults:
            with faults.room_for(0):
                ...  # nobody new is let in

    What a block has changed is as it was when the block is left, however it is left.
    """

    def __init__(self, server: Server) -> None:
        if not server.started_by_kit:
            raise NotOurs(
                f"the server at {server.address()} was given, so nothing is done to it: let poolproof "
                "start one"
            )
        self._address = server.endpoint
        self._control = self._connected()

    @contextmanager
    def idle_timeout(self, timeout_s: int) -> Iterator[None]:
        """Make the server close connections about so many whole seconds after their last command."""
        with self._configured("timeout", timeout_s):
            yield

    @contextmanager
    def room_for(self, more: int) -> Iterator[None]:
        """Make the server turn away new connections after `more` of them. Open connections stay."""
        listed = self._ask("CLIENT", "LIST")
        assert isinstance(listed, bytes)
        with self._configured("maxclients", listed.count(b"\n") + more):
            yield

    def make_room(self, at_least: int) -> None:
        """Make the server let in at least so many connections."""
        room = int(self._setting("maxclients"))
        if room < at_least:
            self._ask("CONFIG", "SET", "maxclients", at_least)

    @contextmanager
    def password(self, word: str) -> Iterator[None]:
        """Make the server demand this password from new connections. Open connections stay."""
        before = self._address
        try:
            with self._configured("requirepass", word):
                # Undoing it takes the password, too, should we have to connect again.
                self._address = replace(before, username=None, password=word)
                yield
        finally:
            self._address = before

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Make the server refuse writes, as a primary does that has become a replica."""
        try:
            self._ask("REPLICAOF", *NOBODY)
            yield
        finally:
            self.lead()

    def lead(self) -> None:
        """Make the server a primary."""
        self._ask("REPLICAOF", "NO", "ONE")

    def close(self) -> None:
        """Close the connection."""
        self._control.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _configured(self, setting: str, value: str | int) -> Iterator[None]:
        before = self._setting(setting)
        try:
            self._ask("CONFIG", "SET", setting, value)
            yield
        finally:
            self._ask("CONFIG", "SET", setting, before)

    def _setting(self, setting: str) -> str:
        reply = self._ask("CONFIG", "GET", setting)
        if not isinstance(reply, list) or len(reply) != 2 or not isinstance(reply[1], bytes):
            raise FaultFailed(f"the server knows no setting {setting!r}")
        return reply[1].decode("utf-8", "surrogateescape")

    def _ask(self, *words: str | float) -> Reply:
        # A fault of ours, such as the idle timeout, may have closed the connection.
        with suppress(ConnectionError):
            return self._reply(*words)
        self._control = self._connected()
        try:
            return self._reply(*words)
        except ConnectionError as error:
            raise FaultFailed(f"the server is gone: {words[0]!r} cannot be asked") from error

    def _reply(self, *words: str | float) -> Reply:
        try:
            return self._control.ask(*words)
        except TimeoutError as error:
            raise FaultFailed(
                f"{words[0]!r} was not answered within {FAULT_REPLY_S:g} s"
            ) from error
        except ErrorReply as error:
            raise FaultFailed(f"the server does not do {words[0]!r}: {error}") from error

    def _connected(self) -> Control:
        control = Control(self._address, name="poolproof-faults", reply_s=FAULT_REPLY_S)
        try:
            control.connect()
        except FAILURES as error:
            raise FaultFailed("the server lets nobody in to tell it what to do") from error
        return control
