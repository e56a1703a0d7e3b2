"""The door of a server: for a while it turns away who connects, or shows out who is idle.

A server turns callers away that has as many clients as it may, or that demands a password since. The
door is opened again by whoever comes next, also when the check that had shut it was ended by force.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from ...server.control import FAILURES, Control
from ...server.discovery import Server
from .server_faults import FAULT_REPLY_S, FaultFailed, NotOurs, ServerFaults

Shut: TypeAlias = Literal["full", "locked"]
"""How it is shut: there is no room for anybody else, or a password is demanded."""

KEY: Final = "poolproof-locks-the-door"
"""The password: known to every check, for who finds a door locked must be able to open it."""

ROOM: Final = 1000
"""For how many clients a server has room if it was not made full. Without a say they take 10,000."""


class Door:
    """The door of a server that the kit has started. It is open at first, and when it is closed."""

    def __init__(self, server: Server) -> None:
        """Try what it can do. Raises FaultFailed if the server does not do it."""
        _unlock(server)
        self._faults = ServerFaults(server)
        self._shut = ExitStack()
        try:
            self._faults.lead()
            self._faults.make_room(ROOM)
            self.shut("full")
            self.shut("locked")
            self.open()
        except BaseException:
            self._faults.close()
            raise

    def shut(self, how: Shut) -> None:
        """Have the server turn away who connects from now on, until `open`."""
        self.open()
        way = self._faults.room_for(0) if how == "full" else self._faults.password(KEY)
        self._shut.enter_context(way)

    def open(self) -> None:
        """Have it admit everybody, if it does not."""
        self._shut.close()

    def refuse_writers(self) -> None:
        """Have it refuse from now on whoever writes, as a replica does, until `open`."""
        self.open()
        self._shut.enter_context(self._faults.read_only())

    @contextmanager
    def showing_out_the_idle(self) -> Iterator[None]:
        """Have it close, for as long as the block takes, whatever has been idle for a second."""
        with self._faults.idle_timeout(1):
            yield

    def close(self) -> None:
        """Leave the server as it was."""
        try:
            self.open()
        finally:
            self._faults.close()


def _unlock(server: Server) -> None:
    """Open what was left locked by a check that was ended by force."""
    key = replace(server.endpoint, username=None, password=KEY)
    # It fails if the server is not locked, or not by us.
    with Control(key, reply_s=FAULT_REPLY_S) as control, suppress(*FAILURES):
        control.ask("CONFIG", "SET", "requirepass", server.password or "")


@contextmanager
def opened(server: Server) -> Iterator[tuple[Door | None, str]]:
    """The door, open before and after; or why the server has none that may be shut."""
    try:
        door = Door(server)
    except (NotOurs, FaultFailed) as reason:
        yield None, str(reason)
        return
    with closing(door):
        yield door, ""
