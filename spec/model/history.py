"""The history: everything that was seen of the pools in one run, in the order in which it was seen.

It is all that a clause knows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile

from .conditions import ALL, Conditions
from .events import Event, PoolBuilt
from .occurrences import Occurrence, occurrence_of, options_of
from .replay import replay
from .state import Moment


@dataclass(frozen=True)
class History:
    """The events of one run, what they say about each pool in it, and what of that is judged."""

    events: tuple[Event, ...]
    conditions: Conditions = ALL
    """What may have happened to a pool that is judged."""
    whole: "History | None" = field(default=None, repr=False, compare=False)
    """The history from which this one was narrowed."""

    def judged_with(self, conditions: Conditions) -> "History":
        """The same history, of which a moment is judged only if nothing else has happened before."""
        return History(self.events, conditions, self.whole or self)

    @cached_property
    def moments(self) -> Mapping[str, tuple[Moment, ...]]:
        """For each pool, its events, each with the state that the pool was in before it.

        They are evidence, whatever has happened before: what is judged is in `judged_moments`.
        """
        if self.whole is not None:
            return self.whole.moments
        pools = [event.pool for event in self.events if isinstance(event, PoolBuilt)]
        return {pool: replay(self.events, pool) for pool in pools}

    @cached_property
    def occurrences(self) -> frozenset[Occurrence]:
        """What has happened anywhere in it of which some clauses speak alone."""
        of_events = (occurrence_of(event) for event in self.events)
        found = {occurrence for occurrence in of_events if occurrence is not None}
        for moments in self.moments.values():
            # A condition, once it holds, holds for good.
            last = moments[-1].before
            found |= last.conditions | options_of(last.config)
        return frozenset(found)

    @property
    def judged_pools(self) -> Iterator[Iterator[Moment]]:
        """For each pool, its moments up to the first that is not judged."""
        for moments in self.moments.values():
            yield takewhile(self._is_judged, moments)

    @property
    def judged_moments(self) -> Iterator[Moment]:
        """The moments that are judged, one pool after the other."""
        for moments in self.judged_pools:
            yield from moments

    def _is_judged(self, moment: Moment) -> bool:
        return moment.before.conditions <= self.conditions
