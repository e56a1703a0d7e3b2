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
    quiescences_before: int = 0
    """How many quiescences, moments at which nothing moved, came before it was called."""
    entitled: bool = True
    """Whether it was to be served at once: ever since the call there was a slot for it, and for every
    other caller with a claim."""
    released: bool = False
    """Whether a connection has been released since."""
    excused: bool = False
    """Whether it may rightly fail or take long: the server kept it waiting or may have turned it away,
    or the pool disconnected meanwhile."""
    blocked_since: int | None = None
    """How many quiescences came before the one at which it was first seen to wait. None if it has not
    been seen to wait."""
    overtaken_by: int | None = None
    """An acquire that was called after this one had been seen to wait, and was served before it."""
    due_by_release: int | None = None
    """The number of releases of the pool in all by which this waiter must have been served (FAIR-2)."""
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
    connection, until the pool hands it out again. Nobody knows whether its slot can be used again."""
    released_again: frozenset[int] = frozenset()
    """Connections that were released by somebody who no longer held them."""
    requests: Mapping[int, Request] = field(default_factory=dict)
    """The acquires that have not returned."""
    releasing: frozenset[int] = frozenset()
    """The releases that have not returned."""
    inside: frozenset[int] = frozenset()
    """The releases, among these, that a thread made in the middle of another call of its own."""
    idle: tuple[int, ...] = ()
    """Connections that are not in use, the longest idle first."""
    dropped: frozenset[int] = frozenset()
    """Connections that a holder closed, that were cut, or that carry bytes which nobody has read. The
    pool may do with them what it likes."""
    outstanding: frozenset[int] = frozenset()
    """Connections whose reply was left unread, and may not have come yet."""
    unread: frozenset[int] = frozenset()
    """Connections on which bytes have come that nobody has read."""
    to_be_closed: frozenset[int] = frozenset()
    """Connections that were idle when the pool was told to disconnect, and not handed out since."""
    commands: frozenset[int] = frozenset()
    """The commands of clients that have not returned."""
    disconnecting: frozenset[int] = frozenset()
    """The calls that disconnect the pool, and have not returned."""
    closing: frozenset[int] = frozenset()
    """The calls that close the pool, and have not returned."""
    closed: bool = False
    """Whether a call that closes the pool has returned."""
    outage: bool = False
    """Whether the server lets nobody connect, or does not answer."""
    conditions: frozenset[Condition] = frozenset()
    """What has happened to the pool that a clause may have to take into account."""
    was_full: bool = False
    """Whether `max_connections` connections have been in use at once."""
    overlapped: bool = False
    """Whether two calls have been under way at once, so that their order cannot be known."""
    quiescences: int = 0
    """How many times nothing has moved so far."""
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
        """How many slots may be taken, among them those of connections that nobody has released."""
        holders = len(self.in_use) + len(self.forgotten)
        return holders + len(self.releasing) + len(self.commands)

    @property
    def at_rest(self) -> bool:
        """Whether no call is under way in which a connection may change hands."""
        return not self.requests and not self.releasing and not self.commands

    def let_go(self, acquire: int) -> "PoolState":
        """The state when the caller that got its connection by `acquire` holds it no longer."""
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
