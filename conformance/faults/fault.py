"""What a fault is: something that goes wrong around a pool, at a moment at which nothing moves."""

from typing import Protocol

from ..programs.operations import Operation


class Fault(Protocol):
    """Carries out the operations of one kind of trouble."""

    def handles(self, operation: Operation) -> bool:
        """Whether it is this fault that carries out the operation, as things stand."""
        ...

    def carry_out(self, operation: Operation) -> None:
        """Do it. What happened is in the log when this returns, and shows at the pools' sockets.

        Where it cannot be done (a given server, a pool that does not connect to it), nothing is.
        """
        ...
