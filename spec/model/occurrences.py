"""Occurrences: what must have happened in a history for some clauses to have anything to say.

By them a check knows, before it runs a program, which clauses the program can decide.
"""

from typing import TypeAlias

from ..capabilities import Capability
from .conditions import Condition
from .events import ArgumentTried, Event, FeatureTried, Forked, PoolConfig, ReauthCalled, Shown

Occurrence: TypeAlias = (
    Condition
    | Capability
    | type[ArgumentTried]
    | type[FeatureTried]
    | type[Shown]
    | type[Forked]
    | type[ReauthCalled]
)
"""A condition that came about, an option that a pool was built with, or an event of a rare type."""


def occurrence_of(event: Event) -> Occurrence | None:
    """What an event is an occurrence of by itself, if anything."""
    if isinstance(event, ArgumentTried | FeatureTried | Shown | Forked | ReauthCalled):
        return type(event)
    return None


def options_of(config: PoolConfig) -> frozenset[Occurrence]:
    """The options that a pool was built with."""
    given = {
        Capability.MAX_IDLE_TIME: config.max_idle_time_s,
        Capability.MAX_LIFETIME: config.max_lifetime_s,
        Capability.MIN_IDLE: config.min_idle,
    }
    return frozenset(option for option, value in given.items() if value is not None)
