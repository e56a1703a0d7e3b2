"""The record of how a pool breaks a clause, made from a history and what the clause says of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from poolproof.spec import Clause, Judgement, Level
from poolproof.spec.model.events import Acquired, Event, PoolBuilt, Quiescent

from .overlap import calls_overlap
from .rows import Row, in_one_line
from .selection import acting_pools, concerning
from .sentences import sentences
from .timeline import timeline_of

MOST_PLACES = 6
"""How many places of a stack are kept, the innermost ones."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """What happened up to what breaks a clause. It is data: how it is laid out is said elsewhere."""

    clause: str
    rows: tuple[Row, ...]
    """What happened, in order. If there are pools, the first row says how they were built."""
    broken: str
    """What happened instead of what the clause demands."""
    seed: int | None = None
    """The seed from which the program was drawn; None if it was not drawn."""
    lanes: tuple[tuple[str, ...], ...] = ()
    """The callers who have a lane together, lane by lane. None, if rows are best read as a list."""
    legend: str = ""
    """What `#1` means, where the rows have lanes."""
    stack: tuple[str, ...] = ()
    """In which code a call waits that does not return, the outermost place first."""


def counterexample_of(
    clause: Clause, events: Sequence[Event], broken: Sequence[Judgement], seed: int | None = None
) -> Counterexample:
    """The counterexample of a history that breaks the clause, as its `broken` judgements say.

    A history without pools, such as that of arguments that were tried, has no order: all of it has
    rows, and every way in which it breaks the clause is said. Any other has rows up to the event that
    breaks the clause first, as far as they concern the same pool.
    """
    if not any(isinstance(event, PoolBuilt) for event in events):
        said = "; ".join(judgement.broken or "" for judgement in broken)
        return Counterexample(clause.id, _list(events), said, seed)
    first = broken[0]
    events = concerning(first.pool, events[: first.event + 1])
    said = first.broken or ""
    begins = Row(_introduction(events))
    if clause.level is not Level.CONCURRENT and not calls_overlap(events):
        return Counterexample(clause.id, (begins, *_list(events)), said, seed)
    stack = _stack(events)
    if len(acting_pools(events)) == 1:
        timeline = timeline_of(events, short=True)
        if timeline.lanes:
            number = next((each.connection for each in events if isinstance(each, Acquired)), 1)
            legend = f"#{number} is connection {number}"
            rows = (begins, *timeline.rows)
            return Counterexample(clause.id, rows, said, seed, timeline.lanes, legend, stack)
    rows = (begins, *timeline_of(events, short=False).rows)
    return Counterexample(clause.id, rows, said, seed, stack=stack)


def _list(events: Sequence[Event]) -> tuple[Row, ...]:
    return tuple(Row(in_one_line(sentence)) for sentence in sentences(events))


def _introduction(events: Sequence[Event]) -> str:
    """How the pools were built."""
    built = [event for event in events if isinstance(event, PoolBuilt)]
    names = " and ".join(event.pool for event in built)
    several = len(acting_pools(events)) > 1
    pools = f"the pools {names} are built" if several else "a pool is built"
    return f"{pools} with {built[0].config}"


def _stack(events: Sequence[Event]) -> tuple[str, ...]:
    last = events[-1]
    return last.stack[-MOST_PLACES:] if isinstance(last, Quiescent) else ()
