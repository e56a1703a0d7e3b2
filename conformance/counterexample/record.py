"""The record of a counterexample: data that is sent and kept, and laid out only where it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from poolproof.spec.model.events import Event

from .story import happened, tell


@dataclass(frozen=True, slots=True)
class Counterexample:
    """How a clause was broken."""

    clause: str
    steps: Sequence[str]
    """What happened, one thing after another. A step of several lines is laid out in columns already,
    as are those after it."""
    broken: str
    seed: int | None = None
    """The seed from which the program was drawn; None if it was not drawn."""
    happened: Sequence[Mapping[str, str]] = ()
    """The steps once more, for machines: who did what, in no columns."""


def counterexample(clause: str, events: Sequence[Event], seed: int | None) -> Counterexample:
    """The record of a history that breaks this clause."""
    steps, broken = tell(clause, events)
    return Counterexample(clause, steps, broken, seed, happened(clause, events))
