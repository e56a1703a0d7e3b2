"""By which clauses each culprit is convicted: said where the culprit is written."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from .sound import SoundPool
from .sound_async import SoundAsyncPool

Pool: TypeAlias = type[SoundPool] | type[SoundAsyncPool]

Culprit = TypeVar("Culprit", bound=Pool)

CULPRITS: dict[Pool, tuple[str, ...]] = {}
"""All that have been imported, for threads and for asyncio, and the clauses that convict them."""


def convicted_by(*clauses: str) -> Callable[[Culprit], Culprit]:
    """Say that a pool is the culprit of the first of these clauses, and breaks the others, too."""

    def note(culprit: Culprit) -> Culprit:
        CULPRITS[culprit] = clauses
        return culprit

    return note
