"""The history: everything that was seen of the pools in one run, in the order in which it was seen.

It is all that a clause knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from .events import Event, PoolBuilt
from .replay import replay
from .state import Moment


@dataclass(frozen=True)
class History:
    """The events of one run, and what they say about each pool in it."""

    events: tuple[Event, ...]

    @cached_property
    def moments(self) -> Mapping[str, tuple[Moment, ...]]:
        """For each pool, its events, each with the state that the pool was in before it."""
        pools = [event.pool for event in self.events if isinstance(event, PoolBuilt)]
        return {pool: replay(self.events, pool) for pool in pools}
