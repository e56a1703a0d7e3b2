"""The server fails over, and is a replica for a while, which refuses whoever writes.

It lets connect and answers, so that a pool owes its callers all that it owes otherwise.
"""

from ...programs.operations import Demote, Operation, Promote
from .admission import Admission


class Demotion:
    """Makes the server a replica, and has it lead again."""

    def __init__(self, admission: Admission | None) -> None:
        self._admission = admission

    def handles(self, operation: Operation) -> bool:
        """Whether it is one of these two."""
        return isinstance(operation, Demote | Promote)

    def carry_out(self, operation: Operation) -> None:
        """Do it, at a server that may be disturbed."""
        if self._admission is None:
            return
        if isinstance(operation, Demote):
            self._admission.refuse_writes()
        else:
            self._admission.admit()
