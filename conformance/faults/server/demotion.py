"""The server fails over, and is a replica for a while, which refuses whoever writes.

It lets connect and answers, so that a pool owes its callers all that it owes otherwise.
"""

from ...programs.operations import Demote, Operation, Promote
from .door import Door


class Demotion:
    """Makes the server a replica, and has it lead again."""

    def __init__(self, door: Door | None) -> None:
        self._door = door

    def handles(self, operation: Operation) -> bool:
        """Whether it is one of these two."""
        return isinstance(operation, Demote | Promote)

    def carry_out(self, operation: Operation) -> None:
        """Do it, at a server that may be disturbed."""
        if self._door is None:
            return
        if isinstance(operation, Demote):
            self._door.refuse_writers()
        else:
            self._door.open()
