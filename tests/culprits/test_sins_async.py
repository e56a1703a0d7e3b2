"""The culprits for tasks really sin, and no sound pool does in the same situation.

The loop runs by hand: the time is what the test says, and `settle` runs all tasks until none can move.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence

import pytest
from redis.asyncio import Connection
from sound import ASYNC_SOUND_POOLS
from sound.lazy_async import LazyAsyncPool

from culprits import SoundAsyncPool
from culprits import cancellation_async as cancellation
from culprits import fairness_async as fairness
from culprits import races_async as races

from .unwired import AsyncUnwired

TIMEOUT_S = 10.0
Caller = asyncio.Task[Connection]


class HandDrivenLoop(asyncio.SelectorEventLoop):
    now_s = 0.0

    def time(self) -> float:
        return self.now_s

    def settle(self) -> None:
        """Run until nothing can move."""
        self.run_once()
        while self._ready:  # type: ignore[attr-defined]  # nobody else knows whether anything can
            self.run_once()

    def run_once(self) -> None:
        self.call_soon(self.stop)
        self.run_forever()


class Scene:
    """A pool with callers."""

    def __init__(self, kind: type[SoundAsyncPool], max_connections: int) -> None:
        self.loop = HandDrivenLoop()
        self.gates: list[asyncio.Future[None]] = []
        """What the connects wait for that have begun, once they are held."""
        self.held = False
        self.connected: set[Connection] = set()
        self.pool = kind(
            max_connections=max_connections, timeout=TIMEOUT_S, connection_class=self.connection
        )
        self.tasks: list[asyncio.Task[object]] = []

    def connection(self, **arguments: object) -> Connection:
        scene = self

        class Held(AsyncUnwired):
            async def connect(self) -> None:
                if scene.held and self not in scene.connected:
                    scene.gates.append(scene.loop.create_future())
                    await scene.gates[-1]
                scene.connected.add(self)

        return Held(**arguments)  # type: ignore[arg-type]  # there are none

    def start(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        self.tasks.append(self.loop.create_task(work))
        return self.tasks[-1]

    def acquire(self) -> Caller:
        return self.start(self.pool.get_connection())  # type: ignore[return-value]  # its result

    def settled(self) -> Caller:
        """A caller who has come as far as possible."""
        caller = self.acquire()
        self.loop.settle()
        return caller

    def acquired(self) -> Connection:
        return self.settled().result()

    def release(self, connection: Connection) -> asyncio.Task[object]:
        return self.start(self.pool.release(connection))

    def released(self, connection: Connection) -> None:
        """Release, and let everybody come as far as possible."""
        self.release(connection)
        self.loop.settle()

    def let_through(self) -> None:
        """Have the connects that are held come to an end, and hold none any more."""
        self.held = False
        for gate in self.gates:
            if not gate.done():
                gate.set_result(None)
        self.loop.settle()

    def how_many(self) -> int:
        """How many more connections the pool has to hand out, besides those of its waiters."""
        callers = [self.acquire() for _ in range(self.pool.max_connections + 1)]
        self.loop.settle()
        return sum(caller.done() and caller.exception() is None for caller in callers)

    def close(self) -> None:
        # A pool may open connections in tasks of its own, which no caller's end ends.
        self.let_through()
        for task in self.tasks:
            task.cancel()
        self.loop.settle()
        for task in self.tasks:
            if not task.cancelled():
                task.exception()
        self.loop.close()


MakeScene = Callable[..., Scene]


@pytest.fixture
def scene() -> Iterator[MakeScene]:
    scenes: list[Scene] = []

    def make(kind: type[SoundAsyncPool], max_connections: int = 1) -> Scene:
        scenes.append(Scene(kind, max_connections))
        return scenes[-1]

    yield make
    for made in scenes:
        made.close()


OPENING_IN_ACQUIRE = [kind for kind in ASYNC_SOUND_POOLS if kind is not LazyAsyncPool]


def either(
    *culprits: type[SoundAsyncPool], of: Sequence[type[SoundAsyncPool]] = ASYNC_SOUND_POOLS
) -> pytest.MarkDecorator:
    """With every sound pool `of` these, which does not sin, and with the culprits, which do."""
    return pytest.mark.parametrize(
        ("kind", "sins"),
        [(kind, False) for kind in of] + [(kind, True) for kind in culprits],
    )


@either(fairness.ServesTheLastTaskFirst)
def test_the_first_waiter_is_served_first(
    kind: type[SoundAsyncPool], sins: bool, scene: MakeScene
) -> None:
    at = scene(kind)
    connection = at.acquired()
    waiters = [at.acquire() for _ in range(3)]
    at.loop.settle()

    at.released(connection)

    assert [waiter.done() for waiter in waiters] == [not sins, False, sins]


@either(fairness.LetsNewTasksOvertake)
def test_a_newcomer_stays_behind_who_was_called(
    kind: type[SoundAsyncPool], sins: bool, scene: MakeScene
) -> None:
    at = scene(kind)
    connection = at.acquired()
    waiter = at.settled()

    at.release(connection)
    newcomer = at.settled()

    assert (waiter.done(), newcomer.done()) == (not sins, sins)


@either(cancellation.KeepsThePlaceOfTheCancelled)
def test_a_cancelled_waiter_takes_nothing_with_it(
    kind: type[SoundAsyncPool], sins: bool, scene: MakeScene
) -> None:
    at = scene(kind)
    connection = at.acquired()
    waiter = at.settled()
    waiter.cancel()
    at.loop.settle()

    at.released(connection)

    assert waiter.cancelled()
    assert at.how_many() == (not sins)


@either(cancellation.LosesWhatACancelledTaskWasHanded, cancellation.KeepsTheNewsFromTheNext)
@pytest.mark.parametrize("steps", range(8))
def test_what_a_cancelled_waiter_was_handed_goes_to_the_next(
    kind: type[SoundAsyncPool], sins: bool, steps: int, scene: MakeScene
) -> None:
    at = scene(kind)
    connection = at.acquired()
    first, second = at.acquire(), at.acquire()
    at.loop.settle()
    at.release(connection)
    for _ in range(steps):
        at.loop.run_once()

    too_late = first.done()
    first.cancel()
    at.loop.settle()

    lost = sins and steps == 1  # after the release, before the waiter ran
    assert second.done() == (not too_late and not lost)


@either(cancellation.TakesBackTwiceFromACancelledTask)
def test_nobody_shares_what_a_cancelled_waiter_was_handed(
    kind: type[SoundAsyncPool], sins: bool, scene: MakeScene
) -> None:
    at = scene(kind, max_connections=2)
    connection = at.acquired()
    at.acquired()
    waiter = at.settled()
    at.release(connection)
    at.loop.run_once()
    waiter.cancel()
    at.loop.settle()

    assert at.how_many() == (2 if sins else 1)


@either(cancellation.LosesTheSlotOfACancelledConnect, of=OPENING_IN_ACQUIRE)
def test_a_cancelled_connect_gives_its_slot_back(
    kind: type[SoundAsyncPool], sins: bool, scene: MakeScene
) -> None:
    at = scene(kind)
    at.held = True
    caller = at.settled()
    caller.cancel()
    at.loop.settle()
    at.let_through()

    assert caller.cancelled()
    assert at.how_many() == (not sins)


@either(cancellation.ReleasesInTwoSteps)
def test_a_release_that_has_begun_is_completed(
    kind: type[SoundAsyncPool], sins: bool, scene: MakeScene
) -> None:
    at = scene(kind)
    releasing = at.release(at.acquired())
    at.loop.run_once()
    releasing.cancel()
    at.loop.settle()

    assert at.how_many() == (not sins)


@either(races.CountsWhenConnected, of=OPENING_IN_ACQUIRE)
def test_slots_that_are_being_opened_count(
    kind: type[SoundAsyncPool], sins: bool, scene: MakeScene
) -> None:
    at = scene(kind)
    at.held = True
    for _ in range(2):
        at.acquire()
    at.loop.settle()

    assert len(at.gates) == (2 if sins else 1)


@either(races.ConnectsOneAtATime, of=OPENING_IN_ACQUIRE)
def test_an_idle_connection_is_had_while_another_is_opened(
    kind: type[SoundAsyncPool], sins: bool, scene: MakeScene
) -> None:
    at = scene(kind, max_connections=2)
    connection = at.acquired()
    at.held = True
    at.settled()
    at.released(connection)

    newcomer = at.settled()

    assert newcomer.done() == (not sins)


@either(races.GoesByTheAlarmAlone)
@pytest.mark.parametrize("released_first", [True, False])
def test_a_release_at_the_deadline_is_not_lost(
    kind: type[SoundAsyncPool], sins: bool, released_first: bool, scene: MakeScene
) -> None:
    at = scene(kind)
    connection = at.acquired()
    waiter = at.settled()
    at.loop.now_s += TIMEOUT_S
    if released_first:
        at.released(connection)
    else:
        at.loop.run_once()
        at.released(connection)

    served = waiter.exception() is None
    assert served + at.how_many() == (0 if sins and released_first else 1)


def test_a_waiter_gives_up_at_its_deadline(scene: MakeScene) -> None:
    for kind in ASYNC_SOUND_POOLS:
        at = scene(kind)
        at.acquired()
        waiter = at.settled()
        at.loop.now_s += TIMEOUT_S * 0.99
        at.loop.settle()
        assert not waiter.done()
        at.loop.now_s += TIMEOUT_S * 0.01
        at.loop.settle()
        assert type(waiter.exception()).__name__ == "ExhaustedError"
