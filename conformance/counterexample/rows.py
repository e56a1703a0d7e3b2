"""A row of a counterexample."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened, or what the pool was like when nothing moved, or both."""

    text: str = ""
    caller: str = ""
    """The letter of the caller to whom it happened; empty if it was none, or if the text says it."""
    pool: str = ""
    """What the pool is like afterwards, if nothing moves any more."""


def in_one_line(text: str) -> str:
    """The text without breaks, which a pool's message may have."""
    return " ".join(text.splitlines())
