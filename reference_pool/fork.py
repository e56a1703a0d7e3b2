"""A fork's child inherits the sockets of its parent and may use none of them: its pools start empty."""

import os
from typing import Protocol
from weakref import WeakSet


class Resettable(Protocol):
    """What can start empty."""

    def reset(self) -> None:
        """Start empty, touching no socket."""


# Whatever of this kind is alive in this process.
_alive: WeakSet[Resettable] = WeakSet()


def reset_in_child(pool: Resettable) -> None:
    """Have the pool reset in every child that is forked from now on."""
    _alive.add(pool)


def _reset_all() -> None:
    for pool in _alive:
        pool.reset()


if hasattr(os, "register_at_fork"):
    # Told once; asking for the process id at every call would cost 200 ns each time.
    os.register_at_fork(after_in_child=_reset_all)
