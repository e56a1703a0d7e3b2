"""Demotions: the server fails over, and is a replica for a while, which refuses whoever writes.

It lets connect and answers, so that a pool owes its callers all that it owes otherwise.
"""

from ..programs.operations import Demote, Operation, Promote
from .links import Links


class Demotions(Links):
    """Begins and ends them at moments at which nothing moves."""

    def _inflict(self, operation: Operation) -> None:
        match operation:
            case Demote():
                if self._door is not None:
                    self._door.refuse_writers()
            case Promote():
                if self._door is not None:
                    self._door.open()
            case _:
                super()._inflict(operation)
