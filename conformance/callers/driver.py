"""What all drivers have in common: they run a program, burst by burst, and write down its history.

A driver keeps account of who holds and who waits, so that the machine knows what can be done next.
It judges nothing.
"""

import socket
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace

from poolproof.spec.model.events import (
    AcquireCalled,
    AcquireFailed,
    Event,
    Overdue,
    PoolBuilt,
    PoolConfig,
    Quiescent,
)

from ..adapters.client import ClientLibrary
from ..adapters.settings import PoolSettings
from ..faults.failing import Failing
from ..faults.network import Proxy
from ..faults.network.ends import Address
from ..faults.server.door import Door
from ..programs.operations import (
    Acquire,
    Burst,
    Drop,
    Elapse,
    EndOutage,
    LetConnect,
    Operation,
    Release,
)
from ..programs.setup import Setup
from ..programs.trace import Numbers, Step, Trace
from ..server.monitor import Allowed, Monitor
from ..server.restartable_monitor import RestartableMonitor

KEEP_S = 10
"""How long a reply that nobody fetches is kept by the server."""

WHATEVER_THERE_IS: Mapping[str, Allowed] = {}


class CannotBuild(Exception):
    """A pool could not be built, although others like it had been; the message says how it went."""


@dataclass(frozen=True, slots=True)
class Held:
    """A connection that was handed out."""

    pool: str
    connection: object
    number: int | None


@dataclass(frozen=True, slots=True)
class BuiltPool:
    """A pool of this program."""

    handle: object
    config: PoolConfig
    client_name: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a program is run with, whoever its callers are."""

    setup: Setup
    settings: PoolSettings
    library: ClientLibrary
    monitor: Monitor
    look_twice: bool = True
    """Whether the server is asked again when it sees more connections than there may be."""
    proxy: Proxy | None = None
    """Through which the pools connect; None if they connect to the server itself."""
    door: Door | None = None
    """That of the server; None if the server is not to be disturbed."""
    restartable_monitor: RestartableMonitor | None = None
    """The monitor, if the server is one that ends and comes back."""
    failing: Failing | None = None
    """Has the pools' connections fail; None if they cannot be made to."""


class Driver(ABC):
    """Runs one program. Its `events` are the program's history."""

    certain = True
    """Whether this driver knew, after the last burst, that nothing moved any more."""

    exact = True
    """Whether its clock is one by which no wait ends late because the machine is busy."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.events: list[Event] = []
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
        self._disconnected: set[str] = set()
        """Pools that are disconnected in the burst under way, or have been waiting since to be so."""
        self._misused: set[str] = set()
        """Pools that were given what was not theirs to take, whose bound is not judged any more."""
        self._settings = surroundings.settings
        self._library = surroundings.library
        self._monitor = surroundings.monitor
        self._look_twice = surroundings.look_twice
        self._proxy = surroundings.proxy
        self._door = surroundings.door
        self._restartable_monitor = surroundings.restartable_monitor
        self._failing = surroundings.failing
        self.in_outage = False
        """Whether the server cannot be reached."""
        self._was_away = False
        """Whether it could not be reached for a while."""
        self._pools: dict[str, BuiltPool] = {}
        self._setup = surroundings.setup
        self._steps: list[Step] = []
        self._calls = Numbers()
        self._over = False

    @property
    def trace(self) -> Trace | None:
        """What was done so far; None if it would not be the same if it were done again."""
        return Trace(self._setup, tuple(self._steps)) if self.exact else None

    @property
    def next_call(self) -> int:
        """The number of the next call."""
        return self._calls.upcoming

    def run(self, burst: Burst) -> None:
        """Run a burst until nothing moves any more, and look what the server sees."""
        began = len(self.events)
        self._steps.append(Step(burst, self.next_call, began))
        self._carry_out(burst)
        self._see_that_the_server_lets_in(began)
        self._settle()

    def run_one(self, operation: Operation) -> None:
        """Run a burst of one operation."""
        self.run(Burst((operation,)))

    def free(self, pool: str) -> int:
        """How many callers the pool still owes a connection, if it does what it should."""
        taken = sum(held.pool == pool for held in self.holding.values())
        return self._pools[pool].config.max_connections - taken

    def finish(self) -> None:
        """Return every connection, see whether all slots can be used again, and close everything.

        A pool that was misused, and its neighbour, must also still turn a surplus caller away.
        """
        if self._connects_held():
            self.run_one(LetConnect())
        if self.in_outage:
            self.run_one(EndOutage())
        used = {event.pool for event in self.events if isinstance(event, AcquireCalled)}
        for pool in sorted(used, reverse=True):
            self._release_all(pool)
            self._fill(pool)
            self._release_all(pool)
        self.close()

    def _fill(self, pool: str) -> None:
        """Ask for every connection; after an outage, until one more has gone wrong than there are."""
        most = self._pools[pool].config.max_connections
        surplus = 1 if self._misused else 0
        may_fail = most if self._was_away else 0
        while self.free(pool) + surplus > 0 and may_fail >= 0 and pool not in self.retired:
            if not self._gets_one(pool):
                may_fail -= 1

    def _gets_one(self, pool: str) -> bool:
        """Ask for a connection. After an outage it may be a dead one, which is given back then."""
        before = set(self.holding)
        self.run_one(Acquire(pool))
        got = self.holding.keys() - before
        dead = {call for call in got if self._was_away and self.holding[call].number is None}
        for call in dead:
            self.run_one(Drop(call))
            if pool not in self.retired:
                self.run_one(Release(call, pool))
        return got > dead

    @abstractmethod
    def close(self) -> None:
        """Close all pools and end what connections and callers they leave behind."""

    @abstractmethod
    def _carry_out(self, burst: Burst) -> None:
        """Run a burst until nothing moves any more."""

    def _inflict(self, operation: Operation) -> None:
        """Do what is done to pools, and not by their callers."""
        raise AssertionError(f"{type(self).__name__} cannot carry out {operation}")

    @abstractmethod
    def _now_s(self) -> float:
        """The time as the callers know it."""

    def _connecting(self) -> frozenset[int]:
        """The calls that have not returned because the server keeps them waiting."""
        return frozenset()

    def _stack(self) -> tuple[str, ...]:
        """Where a release is in the code that has not returned."""
        return ()

    def _connects_held(self) -> bool:
        """Whether the server keeps those waiting who open a connection."""
        return False

    def _release_all(self, pool: str) -> None:
        """Release until nobody holds a connection of the pool, nor waits for one."""
        while pool not in self.retired:
            acquire = next((call for call, held in self.holding.items() if held.pool == pool), None)
            waiters = [call for call, where in self.waiting.items() if where == pool]
            if acquire is not None:
                self.run_one(Release(acquire, pool))
            elif waiters:
                self.run_one(Elapse())
                if waiters == [call for call, where in self.waiting.items() if where == pool]:
                    self._give_up(pool, waiters[0], 0.0)
            else:
                return

    def _settings_of(self, pool: str, config: PoolConfig) -> PoolSettings:
        return replace(
            self._settings,
            client_name=f"{self._settings.client_name}-{pool}",
            max_connections=config.max_connections,
            timeout=config.timeout_s,
            socket_timeout=config.socket_timeout_s,
            max_idle_time=config.max_idle_time_s,
            max_lifetime=config.max_lifetime_s,
            min_idle=config.min_idle,
        )

    def _credentials(self) -> tuple[str, str]:
        """Those that connections are made with; servers without a password take any."""
        return self._settings.username or "default", self._settings.password or "anything"

    def _built(self, pool: str, config: PoolConfig, handle: object) -> None:
        client_name = self._settings_of(pool, config).client_name
        self._pools[pool] = BuiltPool(handle, config, client_name)
        self._log(PoolBuilt(self._now_s(), pool, config))

    def _cannot_build(self, settings: PoolSettings, raised: BaseException | None) -> CannotBuild:
        how = "hung" if raised is None else f"raised {self._library.error(raised)}"
        return CannotBuild(f"it {how}, with {settings.told()}, though others had been built")

    def _let_go(self, acquire: int, to: str) -> Held:
        """Note that the connection of `acquire` is being released to a pool."""
        held = self._held(acquire)
        if held.pool == to and acquire in self.holding:
            self.released[acquire] = self.holding.pop(acquire)
        else:
            self._misused |= {to, held.pool}
        return held

    def _let_go_unanswered(self, acquire: int) -> Held:
        """Note that a connection is being released while the server owes it a reply."""
        held = self.released[acquire] = self.holding.pop(acquire)
        self.retired.add(held.pool)
        return held

    def _held(self, acquire: int) -> Held:
        return self.holding[acquire] if acquire in self.holding else self.released[acquire]

    def _silent_key(self, call: int) -> str:
        """A key that nobody pushes to until `_reply`, so that who pops from it waits."""
        return f"{self._settings.client_name}-silence-{call}"

    def _reply(self, key: str) -> None:
        """Have the server reply to who pops from this key, now or when the command arrives."""
        self._monitor.ask("RPUSH", key, "reply")
        self._monitor.ask("EXPIRE", key, KEEP_S)

    def _say(self, key: str) -> None:
        """Have the server know something that only who asks for this key is to be told."""
        self._monitor.ask("SET", key, f"what is under {key}", "EX", KEEP_S)

    def _give_up(self, pool: str, call: int, waited_s: float) -> None:
        self._log(Overdue(self._now_s(), pool, call, waited_s))
        self.waiting.pop(call, None)
        self.retired.add(pool)

    def _log(self, event: Event) -> None:
        """Write an event down, unless the program is over: callers are sent home then."""
        if not self._over:
            self.events.append(event)

    def _see_that_the_server_lets_in(self, began: int) -> None:
        """What a pool cannot do while the server admits nobody is not the pool's fault."""
        if self.in_outage:
            return  # nobody owes anybody a connection, and it may be the server that lets nobody in
        failed = [event for event in self.events[began:] if isinstance(event, AcquireFailed)]
        if any(event.error.is_connection_error and self.free(event.pool) > 0 for event in failed):
            self._monitor.lets_in()

    def _no_others(self, name: str) -> frozenset[int]:
        """The connections that a pool may have that should by now have closed what nobody holds."""
        held = (each.number for each in self.holding.values() if each.pool == name)
        return frozenset(number for number in held if number is not None)

    def _still_ending(self) -> set[str]:
        """The pools that are being closed or disconnected, and are not yet."""
        return set()

    def _is_ending(self, name: str) -> bool:
        """Whether a pool should by now have closed what nobody holds."""
        return name in self.closed or name in self._disconnected

    def _server_addresses(self) -> list[Address]:
        """All that a pool may have connected to: a name can have several."""
        host, port = self._settings.host, self._settings.port
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(str(address[0]), port) for *_, address in found]

    def _open_connections(
        self, allowed: Mapping[str, Allowed] = WHATEVER_THERE_IS
    ) -> Mapping[str, frozenset[int]]:
        """What the server sees open of each pool."""
        names = {name: pool.client_name for name, pool in self._pools.items()}
        return self._monitor.settled_connections(names, allowed)

    def _settle(self) -> None:
        allowed: dict[str, Allowed] = {
            name: pool.config.max_connections
            for name, pool in self._pools.items()
            if self._look_twice and name not in self._misused
        }
        allowed |= {name: self._no_others(name) for name in self._pools if self._is_ending(name)}
        seen = self._open_connections(allowed)
        self._disconnected &= self._still_ending()
        self._log(
            Quiescent(
                self._now_s(),
                seen,
                certain=self.certain,
                connecting=self._connecting(),
                connects_held=self._connects_held(),
                stack=self._stack(),
            )
        )
