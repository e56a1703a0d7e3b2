"""Tells of forks: what parent and child had, and what became of it."""

from typing import TypeAlias

from poolproof.spec.model.fork_events import (
    AcquiredAfterFork,
    ClosedAfterFork,
    Forked,
    ReleasedAfterFork,
    UsedAfterFork,
)

OfFork: TypeAlias = Forked | AcquiredAfterFork | ReleasedAfterFork | ClosedAfterFork | UsedAfterFork


def told_fork(event: OfFork) -> str:
    """One line for a fork, or for what was done after it."""
    match event:
        case Forked():
            return _told_beginning(event)
        case AcquiredAfterFork(by=by, connection=connection, trouble=trouble):
            return f"the {by}: acquire {trouble or f'gets connection {connection}'}"
        case ReleasedAfterFork(connection=connection, inherited=inherited, trouble=trouble):
            whose = ", which it inherited in use" if inherited else ""
            return (
                f"the child: release connection {connection}{whose}{trouble and ': it '}{trouble}"
            )
        case ClosedAfterFork():
            return "the child: close the pool"
        case UsedAfterFork(connection=connection, trouble=trouble):
            outcome = trouble or "gets its own reply"
            return f"the parent: a command on connection {connection}: {outcome}"


def _told_beginning(event: Forked) -> str:
    had = f"connection {event.in_use} in use"
    if event.idle is not None:
        had += f" and connection {event.idle} idle"
    told = f"a process forks that has a pool with max_connections={event.max_connections}, {had}"
    return f"{told}, and another thread at {event.standing}" if event.standing else told
