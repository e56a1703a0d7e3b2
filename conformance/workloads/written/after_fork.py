"""What a child does after a fork, and its parent after that: use the pool, and note what comes of it.

The child uses nothing that a thread of the parent may hold: no monitor, and nothing is printed.
"""

import signal
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal, TypeAlias

from poolproof.spec.model.events import (
    AcquiredAfterFork,
    ClosedAfterFork,
    Event,
    ReleasedAfterFork,
    UsedAfterFork,
)

from ...adapters.adapter import AnyAdapter
from ...adapters.client import ClientLibrary
from ...isolation.call_with_timeout import OVERDUE_S, DaemonExecutor, NeverReturned
from ...server import Server
from ...server.control import FAILURES, Control

MAX_CONNECTIONS = 2
"""One in use at the fork, and one idle."""


class Undecided(Exception):
    """What went wrong with the pool would have gone wrong without one, too."""


@dataclass(slots=True, eq=False)
class KnownConnection:
    """A connection, and the server's number for it."""

    connection: object
    number: int


Call: TypeAlias = Callable[
    [Callable[[], object], Callable[[], None], Callable[[], None]], BaseException | None
]
"""Makes a call and returns what it raised. When it is overdue, the second is called to see whether the
server can be reached at all; when it has had its chance after that, the third, and NeverReturned is
raised."""


def call_in_a_thread(callers: DaemonExecutor) -> Call:
    """Calls made by threads, which are left behind if they do not return."""

    def call(
        work: Callable[[], object], control: Callable[[], None], give_up: Callable[[], None]
    ) -> BaseException | None:
        future = callers.submit(work)
        wait([future], OVERDUE_S)
        if not future.done():
            control()
            wait([future], OVERDUE_S)
        if not future.done():
            give_up()
            raise NeverReturned
        return future.exception()

    return call


def call_here(
    work: Callable[[], object], control: Callable[[], None], give_up: Callable[[], None]
) -> BaseException | None:
    """A call made by this thread, the only one of the child; giving up must end the process.

    The system may give a new thread the number of one that stayed behind, and with it that one's
    locks.
    """
    chances = 2

    def on_alarm(_signal: int, _frame: object) -> None:
        nonlocal chances
        chances -= 1
        if not chances:
            give_up()
        control()
        signal.setitimer(signal.ITIMER_REAL, OVERDUE_S)

    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, OVERDUE_S)
    try:
        work()
    except BaseException as raised:  # noqa: BLE001 - a pool may raise anything
        return raised
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return None


@dataclass(slots=True)
class User:
    """Whoever uses a pool after a fork. What has gone wrong once is the last that it does."""

    by: Literal["child", "parent"]
    adapter: AnyAdapter
    library: ClientLibrary
    pool: object
    server: Server
    call: Call
    end: Callable[[], object] = lambda: None
    """What is done when a call is given up."""
    log: list[Event] = field(default_factory=list)
    in_trouble: bool = False
    is_stuck: bool = False
    """Whether a call was given up."""

    def fill(self) -> list[KnownConnection]:
        """Acquire as many connections as there may be."""
        held: list[KnownConnection] = []
        for _ in range(MAX_CONNECTIONS):
            one = self.acquire()
            if one is None:
                break
            held.append(one)
        return held

    def fill_and_empty(self) -> None:
        """Acquire as many connections as there may be, and release them."""
        for held in self.fill():
            self.release(held, inherited=False)

    def acquire(self, *, surplus: bool = False) -> KnownConnection | None:
        """Acquire, and ask the server for the number; nothing, if that does not work."""
        got: list[KnownConnection] = []

        def note(trouble: str) -> None:
            number = got[0].number if got and not trouble else None
            self._note(AcquiredAfterFork(monotonic(), self.by, number, trouble, surplus), trouble)

        def note_dead(trouble: str) -> None:
            note(f"returned a connection that does not work: it {trouble}")

        def acquire() -> None:
            got.append(KnownConnection(self.adapter.acquire(self.pool), 0))

        def ask() -> None:
            got[0].number = self._ask(got[0].connection)

        if self.in_trouble or not self._does(acquire, note) or not self._does(ask, note_dead):
            return None
        note("")
        return got[0]

    def release(self, held: KnownConnection, *, inherited: bool) -> None:
        """Release."""

        def note(trouble: str) -> None:
            self._note(ReleasedAfterFork(monotonic(), held.number, inherited, trouble), trouble)

        if not self.in_trouble and self._does(
            lambda: self.adapter.release(self.pool, held.connection), note
        ):
            note("")

    def use(self, held: KnownConnection) -> None:
        """Use a connection that was acquired before; close it, as its holder would, if it is broken."""
        replies: list[int] = []

        def note(trouble: str) -> None:
            self.log.append(UsedAfterFork(monotonic(), held.number, trouble))

        if self._does(lambda: replies.append(self._ask(held.connection)), note):
            [reply] = replies
            note("" if reply == held.number else f"the server says it is connection {reply}")
        if self.log[-1] != UsedAfterFork(self.log[-1].at_s, held.number):
            self._does(lambda: self.adapter.disconnect(held.connection), _ignore)

    def close(self) -> None:
        """Close all connections of the pool. What comes of that is not judged here."""
        if not self.in_trouble and self._does(lambda: self.adapter.close(self.pool), _ignore):
            self.log.append(ClosedAfterFork(monotonic()))

    def _note(self, event: Event, trouble: str) -> None:
        self.log.append(event)
        self.in_trouble = bool(trouble)

    def _ask(self, connection: object) -> int:
        self.adapter.send(connection, "CLIENT", "ID")
        reply = self.adapter.receive(connection)
        if not isinstance(reply, int):
            raise TypeError(f"the reply to CLIENT ID was {str(reply)[:80]!r}")
        return reply

    def _does(self, work: Callable[[], object], note: Callable[[str], None]) -> bool:
        """Whether the call returns; notes what it did instead.

        Raises Undecided if a connection without a pool cannot be had either.
        """

        def control() -> None:
            connect_without_pool(self.server)

        def give_up() -> None:
            self.is_stuck = True
            note(f"had not returned after {2 * OVERDUE_S:.0f} s")
            self.end()

        try:
            raised = self.call(work, control, give_up)
        except NeverReturned:
            return False
        if raised is None:
            return True
        control()
        note(f"raised {self.library.error(raised)}")
        return False


def _ignore(_trouble: str) -> None:
    pass


def connect_without_pool(server: Server) -> None:
    """Open a connection, use it and close it. Raises Undecided if that does not work."""
    try:
        with Control(server.endpoint, name="poolproof-control", reply_s=OVERDUE_S) as control:
            control.ask("PING")
    except FAILURES as error:
        raise Undecided("the server cannot be reached without a pool either") from error
