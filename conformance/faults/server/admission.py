"""Admission to a server: for a while it turns new connections away, or refuses writes.

A server turns connections away when it has as many as it may have, or demands a password since. The
next check admits everybody again, also when the check that had changed it was ended by force.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from ...server.control import FAILURES, Control
from ...server.discovery import Server
from .server_faults import FAULT_REPLY_S, FaultFailed, NotOurs, ServerFaults

TurnedAway: TypeAlias = Literal["full", "locked"]
"""How new connections are turned away: there is no room for them, or a password is demanded."""

KEY: Final = "poolproof-locks-the-door"
"""The password. Every check knows it, so that any can unlock a server that it finds locked."""

ROOM: Final = 1000
"""For how many clients a server has room if it was not made full. By default they take 10,000."""


class Admission:
    """To a server that the kit has started. Everybody is admitted at first, and when it is closed."""

    def __init__(self, server: Server) -> None:
        """Try what it can do. Raises FaultFailed if the server does not do it."""
        _unlock(server)
        self._faults = ServerFaults(server)
        self._changed = ExitStack()
        try:
            self._faults.lead()
            self._faults.make_room(ROOM)
            self.turn_away("full")
            self.turn_away("locked")
            self.admit()
        except BaseException:
            self._faults.close()
            raise

    def turn_away(self, how: TurnedAway) -> None:
        """Make the server turn away new connections, until `admit`."""
        self.admit()
        way = self._faults.room_for(0) if how == "full" else self._faults.password(KEY)
        self._changed.enter_context(way)

    def refuse_writes(self) -> None:
        """Make the server refuse writes, as a replica does, until `admit`."""
        self.admit()
        self._changed.enter_context(self._faults.read_only())

    def admit(self) -> None:
        """Make the server admit everybody, and take writes."""
        self._changed.close()

    def closing_idle(self) -> AbstractContextManager[None]:
        """A block in which the server closes whatever has been idle for a second."""
        return self._faults.idle_timeout(1)

    def close(self) -> None:
        """Leave the server as it was."""
        try:
            self.admit()
        finally:
            self._faults.close()


def _unlock(server: Server) -> None:
    """Unlock a server that was left locked by a check that was ended by force."""
    locked = replace(server.endpoint, username=None, password=KEY)
    # It fails if the server is not locked, or not by us.
    with Control(locked, reply_s=FAULT_REPLY_S) as control, suppress(*FAILURES):
        control.ask("CONFIG", "SET", "requirepass", server.password or "")


@contextmanager
def admission_to(server: Server) -> Iterator[tuple[Admission | None, str]]:
    """The admission of the server, undone after the block; or None, and why it cannot be changed."""
    try:
        admission = Admission(server)
    except (NotOurs, FaultFailed) as reason:
        yield None, str(reason)
        return
    with closing(admission):
        yield admission, ""
