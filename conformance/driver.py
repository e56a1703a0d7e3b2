"""The driver for real threads: runs operations on pools and writes down what happens.

Every call into a pool is made by a thread of its own, so that a caller who waits stops nobody and a
call that never returns costs a verdict and not the run. A call that returns says so; how long one
may take that does not is bounded.
"""

from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from itertools import count
from threading import Event as Flag
from time import monotonic
from typing import TypeVar

from poolproof.spec.events import (
    AcquireCalled,
    Acquired,
    AcquireFailed,
    BlockLeft,
    Dropped,
    Event,
    Overdue,
    PoolBuilt,
    ReleaseCalled,
    ReleaseReturned,
    ReplyAwaited,
    Settled,
    Terms,
    Used,
)
from poolproof.spec.waiting import LATE_IN_A_ROW, is_late

from .adapter import AnyAdapter, PoolSettings
from .bounded import OVERDUE_S, Callers
from .client import ClientLibrary
from .program import (
    PATIENT_S,
    Acquire,
    AwaitReply,
    Build,
    Drop,
    Operation,
    Release,
    ReleaseUnanswered,
    RunBlock,
    Use,
)
from .witness import Witness

UNANSWERED_S = 0.5
"""How long a release may take while the server owes its connection a reply, before the server is made
to send it. The release is at fault only if it returns then, and did not before."""

GRACE_S = 0.5
"""How long a call that is to be given up is given once more, in case the machine stood still."""

PARKED_S = 0.005
"""How long a caller who is expected to wait is given to come back at once instead. Too short a time
misses nothing: whether the caller waited or came back is read from the history."""

_Result = TypeVar("_Result")


class CannotBuild(Exception):
    """A pool could not be built, although others like it had been; the message says how it went."""


@dataclass(frozen=True, slots=True)
class Held:
    """A connection that was handed out."""

    pool: str
    connection: object
    number: int | None


@dataclass(frozen=True, slots=True)
class _Pool:
    handle: object
    terms: Terms
    client_name: str


class Driver:
    """Runs one program. Its `events` are the program's history."""

    def __init__(
        self,
        adapter: AnyAdapter,
        settings: PoolSettings,
        library: ClientLibrary,
        witness: Witness,
        *,
        look_twice: bool = True,
    ) -> None:
        self.events: list[Event] = []
        self.holding: dict[int, Held] = {}
        """By the call of the acquire: the connections that are in use."""
        self.released: dict[int, Held] = {}
        """By the call of the acquire: the connections that were in use."""
        self.waiting: dict[str, tuple[int, Future[None]]] = {}
        """By pool: the acquire that has not returned."""
        self.retired: set[str] = set()
        """Pools with which the program is over."""
        self._look_twice = look_twice
        """Whether the server is asked again when it sees more connections than there may be."""
        self._misused: set[str] = set()
        """Pools that were given what was not theirs to take, whose bound is not judged any more."""
        self._adapter = adapter
        self._settings = settings
        self._library = library
        self._witness = witness
        self._pools: dict[str, _Pool] = {}
        self._calls = count(1)
        self._callers = Callers()
        self._clerks = Callers()
        """They make no calls into the pool, so that they do not take a caller's place."""
        self._began_s = monotonic()

    def run(self, operation: Operation) -> None:
        """Run an operation until nothing moves any more, and look what the server sees."""
        match operation:
            case Build(pool, terms):
                self._build(pool, terms)
            case Acquire(pool):
                self._acquire(pool)
            case Release(acquire, to):
                self._release(acquire, to)
            case Use(acquire):
                self._finish(self._held(acquire).pool, next(self._calls), self._use, acquire)
            case Drop(acquire):
                self._finish(self._held(acquire).pool, next(self._calls), self._drop, acquire)
            case RunBlock(pool, leave_by):
                self._finish(pool, call := next(self._calls), self._run_block, pool, call, leave_by)
            case ReleaseUnanswered(acquire):
                self._release_unanswered(acquire)
            case AwaitReply(acquire, server_s):
                self._await_reply(acquire, server_s)
        self._settle()

    def free(self, pool: str) -> int:
        """How many callers the pool still owes a connection, if it does what it should."""
        taken = sum(held.pool == pool for held in self.holding.values())
        return self._pools[pool].terms.max_connections - taken

    def finish(self) -> None:
        """Return every connection, see whether all slots can be used again, and close everything.

        A pool that was misused, and its neighbour, must also still turn a surplus caller away.
        """
        used = {held.pool for held in (*self.holding.values(), *self.released.values())}
        for pool in sorted(used, reverse=True):
            self._release_all(pool)
            surplus = 1 if self._misused else 0
            for _ in range(self._pools[pool].terms.max_connections + surplus):
                held_before = len(self.holding)
                if pool not in self.retired:
                    self.run(Acquire(pool))
                if len(self.holding) == held_before:
                    break
            self._release_all(pool)
        self.close()

    def close(self) -> None:
        """Close all pools and end what connections they leave behind."""
        for pool in self._pools.values():
            closing = self._callers.submit(self._adapter.close, pool.handle)
            wait([closing], timeout=OVERDUE_S)
        self._callers.dismiss()
        self._clerks.dismiss()
        self._witness.end_connections(frozenset(pool.client_name for pool in self._pools.values()))

    def _release_all(self, pool: str) -> None:
        while pool not in self.retired:
            acquire = next((call for call, held in self.holding.items() if held.pool == pool), None)
            if acquire is None:
                return
            self.run(Release(acquire, pool))

    def _build(self, pool: str, terms: Terms) -> None:
        client_name = f"{self._settings.client_name}-{pool}"
        settings = replace(
            self._settings,
            client_name=client_name,
            max_connections=terms.max_connections,
            timeout=terms.timeout_s,
            socket_timeout=terms.socket_timeout_s,
        )
        building = self._callers.submit(self._adapter.open, settings)
        wait([building], timeout=OVERDUE_S)
        if not self._done_after_all(building):
            raise CannotBuild(f"it hung, with {settings.told()}, though others had been built")
        raised = building.exception()
        if raised is not None:
            error = self._library.error(raised)
            raise CannotBuild(
                f"it raised {error}, with {settings.told()}, though others were built"
            )
        handle = building.result()
        self._pools[pool] = _Pool(handle, terms, client_name)
        self.events.append(PoolBuilt(self._now_s(), pool, terms))

    def _acquire(self, pool: str) -> None:
        terms = self._pools[pool].terms
        for _ in range(LATE_IN_A_ROW):
            call = next(self._calls)
            full = self.free(pool) <= 0
            wait_s = terms.timeout_s if full and terms.takes_timeout else None
            control = None if wait_s is None else self._clerks.submit(_plain_wait, wait_s)
            acquiring = self._callers.submit(self._call_acquire, pool, call, control)
            brief = wait_s is not None and wait_s < PATIENT_S
            if full and not brief:
                wait([acquiring], timeout=PARKED_S)
                if not acquiring.done():
                    self.waiting[pool] = (call, acquiring)
                    return
            self._bounded(pool, call, acquiring, OVERDUE_S + (wait_s or 0.0))
            if not self._was_late(call, terms):
                return

    def _was_late(self, call: int, terms: Terms) -> bool:
        called_s = 0.0
        for event in self.events:
            if isinstance(event, AcquireCalled) and event.call == call:
                called_s = event.at_s
            if isinstance(event, AcquireFailed) and event.call == call and event.control_s:
                took_s = event.at_s - called_s
                return is_late(terms.timeout_s or 0.0, took_s, event.control_s)
        return False

    def _call_acquire(self, pool: str, call: int, control: "Future[float] | None") -> None:
        terms = self._pools[pool].terms
        called_s = self._now_s()
        self.events.append(AcquireCalled(called_s, pool, call))
        try:
            connection = self._adapter.acquire(self._pools[pool].handle)
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller has no connection
            at_s = self._now_s()
            waited_out = at_s - called_s >= (terms.timeout_s or 0.0)
            control_s = control.result() if control is not None and waited_out else 0.0
            error = self._library.error(raised)
            if self.free(pool) > 0 and error.is_connection_error:
                self._witness.lets_in()
            self.events.append(AcquireFailed(at_s, pool, call, error, control_s))
        else:
            self._take(pool, call, connection, self._now_s())

    def _take(self, pool: str, call: int, connection: object, at_s: float) -> None:
        """Note a connection that was handed out, under the number that the server knows it by."""
        number, trouble = None, ""
        try:
            self._adapter.send(connection, "CLIENT", "ID")
            reply = self._adapter.receive(connection)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            trouble = f"CLIENT ID raised {self._library.error(raised)}"
        else:
            if isinstance(reply, int):
                number = reply
            else:
                trouble = f"CLIENT ID was answered with {str(reply)[:80]!r}"
        self.holding[call] = Held(pool, connection, number)
        self.events.append(Acquired(at_s, pool, call, number, trouble))

    def _release(self, acquire: int, to: str) -> None:
        call = next(self._calls)
        releasing = self._callers.submit(self._call_release, acquire, to, call)
        self._bounded(to, call, releasing, OVERDUE_S)
        if to in self.waiting and acquire in self.released:
            waiter, acquiring = self.waiting.pop(to)
            self._bounded(to, waiter, acquiring, OVERDUE_S + PARKED_S)

    def _call_release(self, acquire: int, to: str, call: int) -> None:
        held = self._held(acquire)
        if held.pool == to and acquire in self.holding:
            self.released[acquire] = self.holding.pop(acquire)
        else:
            self._misused |= {to, held.pool}
        self.events.append(ReleaseCalled(self._now_s(), to, call, acquire))
        error = None
        try:
            self._adapter.release(self._pools[to].handle, held.connection)
        except BaseException as raised:  # noqa: BLE001 - a pool may refuse with any error
            error = self._library.error(raised)
        self.events.append(ReleaseReturned(self._now_s(), to, call, acquire, error))

    def _release_unanswered(self, acquire: int) -> None:
        held = self.holding.pop(acquire)
        call = next(self._calls)
        self.released[acquire] = held
        self.retired.add(held.pool)
        try:
            self._adapter.send(held.connection, "BLPOP", self._silent_key(), 0)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            trouble = f"BLPOP raised {self._library.error(raised)}"
            self.events.append(Used(self._now_s(), held.pool, acquire, trouble))
            return
        self.events.append(ReleaseCalled(self._now_s(), held.pool, call, acquire))
        handle = self._pools[held.pool].handle
        releasing = self._callers.submit(self._adapter.release, handle, held.connection)
        wait([releasing], timeout=UNANSWERED_S)
        waits = not self._done_after_all(releasing)
        if held.number is not None:
            self._witness.ask("CLIENT", "UNBLOCK", held.number)
        wait([releasing], timeout=OVERDUE_S)
        if not self._done_after_all(releasing):
            self._give_up(held.pool, call, OVERDUE_S)
            return
        refusal = releasing.exception()
        error = None if refusal is None else self._library.error(refusal)
        self.events.append(
            ReleaseReturned(
                self._now_s(),
                held.pool,
                call,
                acquire,
                error,
                reply_outstanding=True,
                waited_for_reply=waits,
            )
        )

    def _use(self, acquire: int) -> None:
        held = self._held(acquire)
        word = f"{self._settings.client_name}-{next(self._calls)}"
        try:
            self._adapter.send(held.connection, "ECHO", word)
            reply = self._adapter.receive(held.connection)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            trouble = f"ECHO raised {self._library.error(raised)}"
        else:
            own = reply in (word, word.encode())
            trouble = "" if own else f"ECHO {word} was answered with {str(reply)[:80]!r}"
        self.events.append(Used(self._now_s(), held.pool, acquire, trouble))

    def _drop(self, acquire: int) -> None:
        held = self._held(acquire)
        try:
            self._adapter.disconnect(held.connection)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            trouble = f"closing it raised {self._library.error(raised)}"
            self.events.append(Used(self._now_s(), held.pool, acquire, trouble))
            return
        self.events.append(Dropped(self._now_s(), held.pool, acquire))

    def _run_block(self, pool: str, call: int, leave_by: type[BaseException] | None) -> None:
        handle = self._pools[pool].handle
        leaving = None if leave_by is None else leave_by("leaving the block")
        entered = False
        self.events.append(AcquireCalled(self._now_s(), pool, call))
        try:
            with self._adapter.block(handle) as connection:
                entered = True
                self._take(pool, call, connection, self._now_s())
                if leaving is not None:
                    raise leaving
        except BaseException as raised:  # noqa: BLE001 - ours among them
            if not entered:
                error = self._library.error(raised)
                self.events.append(AcquireFailed(self._now_s(), pool, call, error))
                return
        self.released[call] = self.holding.pop(call)
        by = "return" if leave_by is None else leave_by.__name__
        self.events.append(BlockLeft(self._now_s(), pool, call, by))

    def _await_reply(self, acquire: int, server_s: float) -> None:
        held = self._held(acquire)
        self.retired.add(held.pool)
        socket_timeout_s = self._pools[held.pool].terms.socket_timeout_s or 0.0
        control = self._clerks.submit(_plain_wait, socket_timeout_s)
        took_s: list[float] = []

        def send_and_receive() -> None:
            called_s = self._now_s()
            try:
                self._adapter.send(held.connection, "BLPOP", self._silent_key(), 0)
                self._adapter.receive(held.connection)
            finally:
                took_s.append(self._now_s() - called_s)

        receiving = self._callers.submit(send_and_receive)
        wait([receiving], timeout=server_s)
        if held.number is not None:
            self._witness.ask("CLIENT", "UNBLOCK", held.number)
        wait([receiving], timeout=OVERDUE_S)
        if not self._done_after_all(receiving):
            self._give_up(held.pool, next(self._calls), OVERDUE_S)
            return
        at_s = self._now_s()
        raised = receiving.exception()
        error = None if raised is None else self._library.error(raised)
        if error is not None and not error.is_timeout_error:
            self.events.append(Used(at_s, held.pool, acquire, f"BLPOP raised {error}"))
            return
        self.events.append(
            ReplyAwaited(
                at_s,
                held.pool,
                acquire,
                server_s,
                took_s=took_s[0],
                timed_out=error is not None,
                control_s=control.result(),
            )
        )

    def _silent_key(self) -> str:
        """A key that nobody pushes to, so that who pops from it waits."""
        return f"{self._settings.client_name}-silence"

    def _finish(self, pool: str, call: int, work: Callable[..., None], *arguments: object) -> None:
        self._bounded(pool, call, self._callers.submit(work, *arguments), OVERDUE_S)

    def _bounded(self, pool: str, call: int, future: Future[None], bound_s: float) -> None:
        """Wait for a call; give it up if it takes too long."""
        began_s = self._now_s()
        wait([future], timeout=bound_s)
        if self._done_after_all(future):
            future.result()
        else:
            self._give_up(pool, call, self._now_s() - began_s)

    def _done_after_all(self, future: Future[_Result]) -> bool:
        """Whether a call is done, given that the machine or the server may have stood still."""
        if not future.done():
            self._witness.lets_in()
            wait([self._clerks.submit(_plain_wait, 0.0)])
            wait([future], timeout=GRACE_S)
        return future.done()

    def _give_up(self, pool: str, call: int, waited_s: float) -> None:
        self.events.append(Overdue(self._now_s(), pool, call, waited_s))
        self.retired.add(pool)

    def _settle(self) -> None:
        names = {name: pool.client_name for name, pool in self._pools.items()}
        most = {
            name: pool.terms.max_connections
            for name, pool in self._pools.items()
            if self._look_twice and name not in self._misused
        }
        seen = self._witness.settled_connections(names, most)
        self.events.append(Settled(self._now_s(), seen))

    def _held(self, acquire: int) -> Held:
        return self.holding[acquire] if acquire in self.holding else self.released[acquire]

    def _now_s(self) -> float:
        return monotonic() - self._began_s


def _plain_wait(wait_s: float) -> float:
    """How long a plain wait of the standard library takes, in seconds."""
    began_s = monotonic()
    Flag().wait(wait_s)
    return monotonic() - began_s
