"""Histories written by hand: short words for what happens to pool "A", and what a clause says of it.

All happens at one instant, unless a word says how long it took.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from poolproof.spec import Clause, History
from poolproof.spec.model.events import (
    AcquireCalled,
    Acquired,
    AcquireFailed,
    BytesArrived,
    CloseCalled,
    CloseReturned,
    CommandCalled,
    CommandInterrupted,
    CommandReturned,
    Cut,
    DisconnectCalled,
    DisconnectReturned,
    Dropped,
    Error,
    Event,
    Forgotten,
    LeftUnread,
    Outage,
    OutageOver,
    PoolBuilt,
    PoolConfig,
    Quiescent,
    ReleaseCalled,
    ReleaseReturned,
    Used,
)

Events: TypeAlias = tuple[Event, ...]

POOL = "A"
REFUSED = Error("redis.exceptions.ConnectionError", "refused", is_connection_error=True)
EXHAUSTED = Error("some.PoolTimeout", "exhausted", is_connection_error=True)
OUTAGE: Events = (Outage(0.0, "refused"),)
OVER: Events = (OutageOver(0.0),)


def built(max_connections: int, timeout_s: float | None = 1.0, pool: str = POOL) -> Events:
    return (PoolBuilt(0.0, pool, PoolConfig(max_connections, timeout_s)),)


def asks(call: int, pool: str = POOL) -> Events:
    return (AcquireCalled(0.0, pool, call),)


def gets(call: int, connection: int, pool: str = POOL) -> Events:
    return (Acquired(0.0, pool, call, connection),)


def acquires(call: int, connection: int, pool: str = POOL) -> Events:
    return (*asks(call, pool), *gets(call, connection, pool))


def gets_a_dead_one(call: int) -> Events:
    return (Acquired(0.0, POOL, call, None, "CLIENT ID raised ConnectionError"),)


def gets_a_foreign_reply(call: int) -> Events:
    trouble = "CLIENT ID was answered with 'stale'"
    return (Acquired(0.0, POOL, call, None, trouble, foreign=True),)


def fails(call: int, error: Error = REFUSED, *, after_s: float = 0.0, pool: str = POOL) -> Events:
    return (AcquireFailed(after_s, pool, call, error),)


def releases(acquire: int, pool: str = POOL, *, at_s: float = 0.0) -> Events:
    call = 100 + acquire
    return (ReleaseCalled(at_s, pool, call, acquire), ReleaseReturned(at_s, pool, call, acquire))


def fills_and_empties(*connections: int) -> Events:
    """Callers 81, 82, ... hold these connections at once, and give them back in this order."""
    calls = range(81, 81 + len(connections))
    held = [acquires(call, number) for call, number in zip(calls, connections, strict=True)]
    return joined([*held, *(releases(call) for call in calls)])


def serves_who_waits(connection: int) -> Events:
    """With every connection in use, a caller waits until this one is released, and then gets it."""
    return joined(
        [
            *(acquires(91, connection), asks(92), still(connection)),
            *(releases(91), gets(92, connection), releases(92)),
        ]
    )


def uses(acquire: int, trouble: str = "") -> Events:
    return (Used(0.0, POOL, acquire, trouble),)


def drops(acquire: int) -> Events:
    return (Dropped(0.0, POOL, acquire),)


def forgets(acquire: int) -> Events:
    return (Forgotten(0.0, POOL, acquire),)


def cut(connection: int, *, visible: bool = True) -> Events:
    return (Cut(0.0, POOL, connection, "CLIENT KILL", visible),)


def leaves_unread(acquire: int) -> Events:
    return (LeftUnread(0.0, POOL, acquire),)


def bytes_arrive(connection: int) -> Events:
    return (BytesArrived(0.0, POOL, connection),)


def commands(call: int, foreign: str = "") -> Events:
    return (CommandCalled(0.0, POOL, call), CommandReturned(0.0, POOL, call, foreign))


def is_interrupted(call: int, *, outstanding: bool = True) -> Events:
    return (
        CommandCalled(0.0, POOL, call),
        CommandInterrupted(0.0, POOL, call, "cancel", outstanding),
    )


def closes(call: int = 70, error: Error | None = None, pool: str = POOL) -> Events:
    return (CloseCalled(0.0, pool, call), CloseReturned(0.0, pool, call, error))


def disconnects(call: int = 60, error: Error | None = None) -> Events:
    return (DisconnectCalled(0.0, POOL, call), DisconnectReturned(0.0, POOL, call, error))


def still(
    *open_now: int,
    certain: bool = True,
    connecting: Iterable[int] = (),
    connects_held: bool = False,
) -> Events:
    """Nothing moves, and the server sees these connections."""
    return (
        Quiescent(
            0.0,
            {POOL: frozenset(open_now)},
            certain=certain,
            connecting=frozenset(connecting),
            connects_held=connects_held,
        ),
    )


def joined(parts: Iterable[Events]) -> Events:
    return tuple(event for part in parts for event in part)


def said(clause: Clause, *parts: Events) -> Sequence[str | None]:
    """What the clause says of these events, in order: how it was broken, or None where upheld."""
    return [judgement.broken for judgement in clause.judge(History(joined(parts)))]
