"""Finalizers that release, as those of redis-py's pipelines and subscriptions do."""

import gc
from collections.abc import Callable
from typing import Literal, TypeAlias

Collected: TypeAlias = Literal["reference count", "garbage collector"]


class Holder:
    """Releases when it is collected."""

    def __init__(self, release: Callable[[], object]) -> None:
        self.release = release
        self.itself: Holder | None = None

    def __del__(self) -> None:
        self.release()


def drop(holders: list[Holder], collected: Collected) -> None:
    """Have what is in the list collected before this returns."""
    if collected == "garbage collector":
        for holder in holders:
            holder.itself = holder
            del holder
    holders.clear()
    if collected == "garbage collector":
        gc.collect()
