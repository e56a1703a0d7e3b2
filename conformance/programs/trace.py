"""What a driver was made to do, step by step, so that it can be done again."""

from collections.abc import Iterator
from dataclasses import dataclass

from .operations import Burst
from .setup import Setup


@dataclass(frozen=True, slots=True)
class Step:
    """One burst, and what there was before it."""

    burst: Burst
    first_call: int
    """The number that the first call made by it gets."""
    events_before: int


@dataclass(frozen=True, slots=True)
class Trace:
    """A program as it was run, with what was done at its end."""

    setup: Setup
    steps: tuple[Step, ...]


class Numbers(Iterator[int]):
    """Numbers from 1 on."""

    def __init__(self) -> None:
        self.upcoming = 1
        """The number that comes next."""

    def __next__(self) -> int:
        number, self.upcoming = self.upcoming, self.upcoming + 1
        return number
