"""The account of a program: who holds and who waits, and how its pools and their server stand.

It says what can be done next. It judges nothing, and believes nothing that a pool says of itself.
"""

from collections.abc import Collection
from dataclasses import dataclass

from poolproof.spec.model.events import PoolConfig


@dataclass(frozen=True, slots=True)
class Held:
    """A connection that was handed out."""

    pool: str
    connection: object
    number: int | None
    """The number that the server knows it by; None if it could not be asked for."""


@dataclass(frozen=True, slots=True)
class BuiltPool:
    """A pool of this program."""

    handle: object
    config: PoolConfig
    client_name: str


class Account:
    """Who holds and who waits in one program."""

    def __init__(self) -> None:
        self.pools: dict[str, BuiltPool] = {}
        self.holding: dict[int, Held] = {}
        """By the call of the acquire: the connections that are in use."""
        self.released: dict[int, Held] = {}
        """By the call of the acquire: the connections that were in use."""
        self.waiting: dict[int, str] = {}
        """The acquires that have not returned, and their pools."""
        self.retired: set[str] = set()
        """Pools with which the program is over."""
        self.closed: set[str] = set()
        """Pools that have been closed."""
        self.disconnected: set[str] = set()
        """Pools that are disconnected in the burst under way, or have been waiting since to be so."""
        self.misused: set[str] = set()
        """Pools that were given what was not theirs to take, whose bound is not judged any more."""
        self.in_outage = False
        """Whether the server cannot be reached, or the pools' own connections fail."""
        self.was_away = False
        """Whether that has been so at any time."""

    def build(self, pool: str, built: BuiltPool) -> None:
        """Note that a pool has been built."""
        self.pools[pool] = built

    def wait(self, call: int, pool: str) -> None:
        """Note that an acquire has begun."""
        self.waiting[call] = pool

    def have_returned(self, call: int) -> None:
        """Note that a call has returned, or never will."""
        self.waiting.pop(call, None)

    def hand_out(self, call: int, pool: str, connection: object, number: int | None) -> None:
        """Note that an acquire has got a connection, and its number as far as that is known."""
        self.holding[call] = Held(pool, connection, number)

    def retire(self, pool: str) -> None:
        """Note that the program is over with a pool."""
        self.retired.add(pool)

    def close(self, pool: str) -> None:
        """Note that a pool is closed."""
        self.closed.add(pool)

    def disconnect(self, pool: str) -> None:
        """Note that a pool is being disconnected."""
        self.disconnected.add(pool)

    def begin_outage(self) -> None:
        """Note that nobody owes anybody a connection from now on."""
        self.in_outage = self.was_away = True

    def end_outage(self) -> None:
        """Note that the server can be reached again."""
        self.in_outage = False

    def forget_disconnected(self, but: frozenset[str]) -> None:
        """Have done with pools that were disconnected, `but` for those that still wait to be so."""
        self.disconnected &= but

    def free(self, pool: str) -> int:
        """How many callers the pool still owes a connection, if it does what it should."""
        taken = sum(held.pool == pool for held in self.holding.values())
        return self.pools[pool].config.max_connections - taken

    def held(self, acquire: int) -> Held:
        """The connection that `acquire` got, whether it is still in use or not."""
        return self.holding[acquire] if acquire in self.holding else self.released[acquire]

    def holders(self, pool: str) -> list[int]:
        """The acquires whose connections of this pool are in use."""
        return [call for call, held in self.holding.items() if held.pool == pool]

    def waiters(self, pool: str) -> list[int]:
        """The acquires that wait for a connection of this pool."""
        return [call for call, where in self.waiting.items() if where == pool]

    def numbers_in_use(self, pool: str) -> frozenset[int]:
        """The numbers of the connections in use, as far as they are known."""
        held = (self.holding[call].number for call in self.holders(pool))
        return frozenset(number for number in held if number is not None)

    def idle(self, pool: str, seen: Collection[int]) -> list[int]:
        """Which of the connections that the server sees open nobody holds, the longest idle first.

        There are none as long as it is not known which are in use.
        """
        if any(self.holding[call].number is None for call in self.holders(pool)):
            return []
        order = [held.number for held in self.released.values()]
        since = {number: place for place, number in enumerate(order)}
        idle = set(seen) - self.numbers_in_use(pool)
        return sorted(idle, key=lambda number: (since.get(number, -1), number))

    def let_go(self, acquire: int, to: str) -> Held:
        """Note that the connection of `acquire` is being released to a pool."""
        held = self.held(acquire)
        if held.pool == to and acquire in self.holding:
            self.released[acquire] = self.holding.pop(acquire)
        else:
            self.misused |= {to, held.pool}
        return held

    def let_go_unanswered(self, acquire: int) -> Held:
        """Note that a connection is being released while the server owes it a reply."""
        held = self.released[acquire] = self.holding.pop(acquire)
        self.retire(held.pool)
        return held
