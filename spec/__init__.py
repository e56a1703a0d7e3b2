"""The specification: what a Redis connection pool owes its callers.

Start with the glossary in README.md, and with `model.events`, what can be seen of a pool; `model.state`
says what follows from it; each chapter is a file in `clauses`. This package imports nothing but the
standard library, and nothing in it can wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

from .capabilities import Capability
from .clause import Clause, Level, Requirement
from .clauses import (
    bound,
    breakage,
    cancellation,
    closing,
    fairness,
    fork,
    interface,
    options,
    order,
    progress,
    reentrancy,
    release,
    secrecy,
    timeout,
)
from .model.history import History
from .model.judgement import Judgement

__all__ = [
    "CHAPTERS",
    "CLAUSES",
    "Capability",
    "Chapter",
    "Clause",
    "History",
    "Judgement",
    "Level",
    "Requirement",
]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Clauses on one subject."""

    title: str
    summary: str
    clauses: tuple[Clause, ...]


def _chapter(file: ModuleType, title: str, summary: str) -> Chapter:
    """A chapter with all clauses that are written in this file, in their order."""
    clauses = tuple(each for each in vars(file).values() if isinstance(each, Clause))
    return Chapter(title, summary, clauses)


CHAPTERS = (
    _chapter(
        order,
        "Order",
        "Idle connections form a queue: acquire takes the front, release appends at the back.",
    ),
    _chapter(
        bound,
        "Bound",
        "There are never more than `max_connections`, and every one of them can be used.",
    ),
    _chapter(
        timeout,
        "Timeout",
        "A caller that finds all connections in use waits, up to `timeout` seconds.",
    ),
    _chapter(
        release,
        "Release",
        "What is given back serves the next caller, once, and only if it was the pool's.",
    ),
    _chapter(
        fairness,
        "Fairness",
        "Those who wait are served in the order in which they came.",
    ),
    _chapter(
        progress,
        "Progress",
        "Nobody waits without need.",
    ),
    _chapter(
        cancellation,
        "Cancellation",
        "A caller that gives up costs nobody else anything.",
    ),
    _chapter(
        reentrancy,
        "Re-entrancy",
        "A call may begin in the middle of another.",
    ),
    _chapter(
        breakage,
        "Breakage",
        "A connection that breaks, or carries what is not meant for its next holder, costs nobody else "
        "anything.",
    ),
    _chapter(
        closing,
        "Closing",
        "A pool that is closed stays closed; one that disconnects goes on.",
    ),
    _chapter(
        fork,
        "Fork",
        "A process that forks and its child have nothing to do with each other's connections.",
    ),
    _chapter(
        options,
        "Options",
        "What a pool may offer or not; what it offers, it does.",
    ),
    _chapter(
        interface,
        "Interface",
        "The client can use the pool.",
    ),
    _chapter(
        secrecy,
        "Secrecy",
        "What a pool was told in confidence it keeps to itself.",
    ),
)

CLAUSES: Mapping[str, Clause] = {
    clause.id: clause for chapter in CHAPTERS for clause in chapter.clauses
}
