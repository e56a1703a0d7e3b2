"""The abstract pool: what a pool's state must be, given what has been seen of it so far.

Clauses are written over moments: an event and the state before it. The state is inferred from outside
only; a pool's own counters are not asked. How events change it is in `replay`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .conditions import Condition
from .events import Event, PoolConfig


@dataclass(frozen=True, slots=True)
class Request:
    """An acquire that has been called and has not returned."""

    called_s: float
    found_full: bool
    """Whether all connections were in use, and no release under way, when it was called."""
    called_at: int = 0
    """How often nothing had moved before it was called."""
    owed: bool = True
    """Whether the pool has owed it a connection at once ever since: there was a slot for it and for
    everybody else who had a claim."""
    released: bool = False
    """Whether a connection has been released since."""
    kept: bool = False
    """Whether the server has kept it waiting, or may have turned it away, or the pool disconnected
    meanwhile."""
    parked_at: int | None = None
    """How often nothing had moved when it was first seen to wait; None if it has not been seen to."""
    overtaken_by: int | None = None
    """An acquire that was called after this one had been seen to wait, and was served before it."""
    served_by: int | None = None
    """How many releases of the pool in all suffice to serve it and everybody else who waits."""
    cancelled: bool = False
    """Whether its caller has been cancelled."""
    after_close: bool = False
    """Whether the pool had been closed when it was called."""


@dataclass(frozen=True, slots=True)
class PoolState:
    """A pool between two events."""

    config: PoolConfig
    in_use: Mapping[int, int | None] = field(default_factory=dict)
    """For each acquire whose connection has not been released: that connection."""
    released: Mapping[int, int | None] = field(default_factory=dict)
    """For each acquire whose connection has been released: that connection."""
    forgotten: Mapping[int, int | None] = field(default_factory=dict)
    """For each acquire whose holder has let go of the connection without releasing it: that
    connection, until the pool hands it out again. Its slot may never be used again, and also may.
    """
    released_again: frozenset[int] = frozenset()
    """Connections that were released by somebody who no longer held them."""
    requests: Mapping[int, Request] = field(default_factory=dict)
    """The acquires that have not returned."""
    releasing: frozenset[int] = frozenset()
    """The releases that have not returned."""
    inside: frozenset[int] = frozenset()
    """Those of them that were made in the middle of another call, by the same thread."""
    idle: tuple[int, ...] = ()
    """Connections that are not in use, the longest idle first."""
    dropped: frozenset[int] = frozenset()
    """Connections that a holder closed, that were cut, or that carry what nobody has read: what the
    pool makes of them is its own affair."""
    outstanding: frozenset[int] = frozenset()
    """Connections on which a reply has been left unread that may not have come yet."""
    unread: frozenset[int] = frozenset()
    """Connections on which something has come that nobody has read."""
    to_be_closed: frozenset[int] = frozenset()
    """Connections that were idle when the pool was to disconnect, and not handed out since."""
    commands: frozenset[int] = frozenset()
    """The commands of clients that have not returned."""
    disconnecting: frozenset[int] = frozenset()
    """The calls that disconnect the pool, and have not returned."""
    closing: frozenset[int] = frozenset()
    """The calls that close the pool, and have not returned."""
    closed: bool = False
    """Whether one of these has returned."""
    outage: bool = False
    """Whether the server lets nobody connect, or does not answer."""
    conditions: frozenset[Condition] = frozenset()
    """What has happened to the pool that a clause may have to take into account."""
    was_full: bool = False
    """Whether `max_connections` connections have been in use at once."""
    overlapped: bool = False
    """Whether two calls have been under way at once, so that their order cannot be known."""
    settled: int = 0
    """How often nothing has moved."""
    releases: int = 0
    """How many releases have come to an end."""
    refilling: bool = False
    """Whether every connection had been released and none has been released since."""
    freed_when_full: bool = False
    """Whether the last release took place while all connections were in use."""
    waiter_served: bool = False
    """Whether an acquire that had been seen to wait has been served."""
    reuse_shown: bool = False
    """Whether an acquire has been served by the release of a pool that had been full."""

    @property
    def free(self) -> int:
        """How many more callers the pool owes a connection at once."""
        return self.config.max_connections - self.busy - len(self.requests)

    @property
    def busy(self) -> int:
        """How many slots it may not have: also that of a connection which nobody has released."""
        holders = len(self.in_use) + len(self.forgotten)
        return holders + len(self.releasing) + len(self.commands)

    @property
    def at_rest(self) -> bool:
        """Whether no call is under way in which a connection may change hands."""
        return not self.requests and not self.releasing and not self.commands

    def let_go(self, acquire: int) -> "PoolState":
        """The state when whoever held the connection of `acquire` holds it no longer."""
        in_use = {call: held for call, held in self.in_use.items() if call != acquire}
        return replace(
            self,
            in_use=in_use,
            released={**self.released, acquire: self.in_use.get(acquire)},
            requests={
                call: replace(request, released=True) for call, request in self.requests.items()
            },
            refilling=not in_use,
            freed_when_full=self.full,
        )

    @property
    def full(self) -> bool:
        """Whether all connections are in use and nobody else has a claim."""
        return len(self.in_use) >= self.config.max_connections and not self.releasing


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a pool, and the state before it."""

    pool: str
    index: int
    """Where the event stands in the history."""
    event: Event
    before: PoolState
    others: frozenset[int] = field(default=frozenset())
    """The connections that other pools have handed out so far."""
