"""Forks: the process forks while a pool is in use, the child uses the pool, and then the parent does.

First while nobody is in the middle of a call. Then while another thread stands in the middle of one, at
each line of the pool's code in turn: of all threads, the child has only the one that forked.

Nothing is judged of a pool that cannot do without a fork what is asked of it here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from time import monotonic

from poolproof.spec import Capability
from poolproof.spec.model.events import (
    AcquiredAfterFork,
    ClosedAfterFork,
    Event,
    Forked,
    ReleasedAfterFork,
    UsedAfterFork,
)

from ...adapters.adapter import AnyAdapter
from ...adapters.facade import usable_by_threads
from ...adapters.probe import Prepared
from ...isolation.call_with_timeout import (
    DaemonExecutor,
    NeverReturned,
    call_with_timeout,
    error_of,
)
from ...isolation.run_in_fork import Answer, answered_in_fork
from ...server import Server
from .after_fork import (
    MAX_CONNECTIONS,
    KnownConnection,
    Undecided,
    User,
    call_here,
    call_in_a_thread,
    connect_without_pool,
)
from .bystander import Bystander

CHILD_S = 12.0
"""How long a child may take: longer than it waits for a call that never returns."""

TIMEOUT_S = 0.5
"""The timeout of the pools: long enough for a thread of the pool's own to serve a caller on a busy
machine, too, and short enough for a few waits in vain."""

INSIDE_S = 6.0
"""How long forks go on being tried with another thread in the pool's code."""

EVENTS: Mapping[str, type[AcquiredAfterFork | ReleasedAfterFork | ClosedAfterFork]] = {
    kind.__name__: kind for kind in (AcquiredAfterFork, ReleasedAfterFork, ClosedAfterFork)
}
"""What a child sees."""


def forks(
    prepared: Prepared, server: Server, step: Callable[[], None]
) -> Iterator[Sequence[Event]]:
    """The history of each fork."""
    if Capability.FORK not in prepared.offers:
        return
    with usable_by_threads(prepared.adapter) as adapter:
        trial = _Trial(prepared, server, adapter)
        histories = trial.run()
        while True:
            step()
            try:
                history = next(histories, None)
            except (Undecided, NeverReturned):
                return
            if history is None:
                return
            yield history


@dataclass(slots=True)
class _Parent:
    """A process that has a pool and holds a connection of it."""

    user: User
    held: KnownConnection

    def afterwards(self) -> list[Event]:
        """Use the connection that is held, and every slot of the pool."""
        self.user.use(self.held)
        self.user.acquire()
        return self.user.log


class _Trial:
    def __init__(self, prepared: Prepared, server: Server, adapter: AnyAdapter) -> None:
        self._prepared = prepared
        self._server = server
        self._adapter = adapter
        self._settings = replace(
            prepared.settings, max_connections=MAX_CONNECTIONS, timeout=TIMEOUT_S
        )
        self._denies_surplus = False

    def run(self) -> Iterator[Sequence[Event]]:
        """Fork again and again, until a child could not go on."""
        connect_without_pool(self._server)
        if not self._works_in_one_process():
            return
        can_go_on = True
        for history in self._while_nobody_is_inside(self._only_use):
            can_go_on = not _went_wrong(history)
            yield history
        # Of a child that cannot go on anyway only the release shows what the release has done.
        for history in self._while_nobody_is_inside(self._release_first):
            yield history if can_go_on else [*_until_in_trouble(history)]
        if can_go_on and self._outlives_a_bystander():
            yield from self._while_another_is_inside()

    def _works_in_one_process(self) -> bool:
        """Do what child and parent will do, without a fork, each with a pool of its own."""
        with self._holding() as parent:
            if parent is None or _went_wrong(self._release_one(parent)):
                return False
        with self._opened() as user:
            user.fill_and_empty()
            user.fill()
            if _went_wrong(user.log):
                return False
            self._denies_surplus = user.acquire(surplus=True) is None and not user.is_stuck
        return True

    def _release_one(self, parent: _Parent) -> list[Event]:
        other = parent.user.acquire()
        if other is not None:
            parent.user.release(other, inherited=False)
        return parent.afterwards()

    def _while_nobody_is_inside(
        self, in_child: Callable[[User, KnownConnection], None]
    ) -> Iterator[Sequence[Event]]:
        with self._holding() as parent:
            other = None if parent is None else parent.user.acquire()
            if parent is None or other is None:
                return
            parent.user.release(other, inherited=False)
            parent.user.log.clear()
            seen = self._fork(parent, in_child, lambda: True)
            if seen is not None:
                yield [self._forked(parent, other.number, ""), *seen, *parent.afterwards()]

    def _outlives_a_bystander(self) -> bool:
        """Whether all is well without a fork when another thread has used the pool."""
        with self._holding() as parent:
            if parent is None:
                return False
            bystander = self._bystander(parent, stands_still=False)
            return bystander.ends() and not _went_wrong(parent.afterwards())

    def _while_another_is_inside(self) -> Iterator[Sequence[Event]]:
        with self._holding() as parent:
            if parent is None:
                return
            forked: Forked | None = None
            give_up_s = monotonic() + INSIDE_S
            bystander = self._bystander(parent, stands_still=True)
            for where in bystander.stands():
                seen = self._fork(parent, self._only_use, lambda: bool(bystander.standing))
                if seen is not None:
                    forked = self._forked(parent, None, where)
                    yield [forked, *seen]
                if monotonic() > give_up_s or _went_wrong(seen or ()):
                    break
            if bystander.ends() and forked is not None:
                yield [forked, *parent.afterwards()]

    def _bystander(self, parent: _Parent, *, stands_still: bool) -> Bystander:
        pool = parent.user.pool

        def walk() -> None:
            for _ in range(2):
                self._adapter.release(pool, self._adapter.acquire(pool))
            if self._denies_surplus:
                # Its last acquire is in vain.
                connection = self._adapter.acquire(pool)
                try:
                    self._adapter.release(pool, self._adapter.acquire(pool))
                finally:
                    self._adapter.release(pool, connection)

        return Bystander(walk, self._prepared.is_pool_code, stands_still=stands_still)

    def _only_use(self, child: User, _inherited: KnownConnection) -> None:
        # Twice, so that what was taken back can be had again. A close may wait for who holds one.
        child.fill_and_empty()
        child.fill_and_empty()
        child.close()

    def _release_first(self, child: User, inherited: KnownConnection) -> None:
        child.release(inherited, inherited=True)
        # A release that raised may have done something to the pool all the same.
        child.in_trouble = False
        child.fill()
        if self._denies_surplus:
            child.acquire(surplus=True)
        child.close()

    def _fork(
        self,
        parent: _Parent,
        in_child: Callable[[User, KnownConnection], None],
        is_as_wanted: Callable[[], bool],
    ) -> list[Event] | None:
        """What the child saw; nothing if it is not known whether the pool is to blame for it."""

        def go_on(answer: Answer) -> None:
            def tell() -> None:
                answer({"seen": [[type(each).__name__, asdict(each)] for each in child.log]})

            child = User(
                "child",
                self._adapter,
                self._prepared.library,
                parent.user.pool,
                self._server,
                call_here,
                end=tell,
            )
            if is_as_wanted():
                in_child(child, parent.held)
                tell()

        try:
            seen = answered_in_fork(go_on, CHILD_S)["seen"]
        except NeverReturned:
            return None
        assert isinstance(seen, list)
        return [EVENTS[name](**fields) for name, fields in seen]

    def _forked(self, parent: _Parent, idle: int | None, standing: str) -> Forked:
        return Forked(monotonic(), MAX_CONNECTIONS, parent.held.number, idle, standing)

    @contextmanager
    def _opened(self) -> Iterator[User]:
        """A pool, and who uses it in this process."""
        pool = call_with_timeout(lambda: self._adapter.open(self._settings))
        callers = DaemonExecutor()
        call = call_in_a_thread(callers)
        try:
            yield User("parent", self._adapter, self._prepared.library, pool, self._server, call)
        finally:
            error_of(lambda: self._adapter.close(pool))
            callers.dismiss()

    @contextmanager
    def _holding(self) -> Iterator[_Parent | None]:
        """The same while a connection is held; None if it cannot be had."""
        with self._opened() as user:
            held = user.acquire()
            user.log.clear()
            yield None if held is None else _Parent(user, held)


def _went_wrong(events: Sequence[Event]) -> bool:
    return any(getattr(event, "trouble", "") for event in events)


def _until_in_trouble(events: Sequence[Event]) -> Iterator[Event]:
    """What the child did, but for what failed after its release."""
    for event in events:
        if isinstance(event, AcquiredAfterFork) and (event.trouble or event.surplus):
            return
        if isinstance(event, UsedAfterFork):
            return
        yield event
