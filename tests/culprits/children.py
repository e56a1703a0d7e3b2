"""Has the pools of a process start anew in every child that is forked from it."""

import os
from typing import Protocol
from weakref import WeakSet


class Inheritable(Protocol):
    """What a child has a copy of."""

    def start_anew(self) -> None: ...


alive: WeakSet[Inheritable] = WeakSet()


def start_all_anew() -> None:
    for pool in alive:
        pool.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=start_all_anew)
