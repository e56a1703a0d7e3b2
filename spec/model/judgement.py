"""Judgements: what a history says about a clause."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a history says about a clause at one point: upheld, or broken and how."""

    event: int
    """The index, in the history, of the event that decides."""

    broken: str | None = None
    """What happened instead, as a sentence about the pool; None if the clause was upheld."""

    pool: str = ""
    """Which pool it is about, where the event does not say."""
