"""The culprits for threads really sin, and the pools they are made from do not.

No thread waits here, except for a connect: a caller who waits is a place in the queue, so that what
happens between two of its steps can be told exactly. How the kit finds it out is another test's affair.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from threading import RLock
from typing import TypeVar

import pytest
import redis

from culprits import bound, cancellation, fairness, progress, reentrancy, release, timeout
from culprits.sound import ExhaustedError, SoundPool, Waiter
from culprits.turns import TurnsPool

from .unwired import Unwired

BOUND_S = 5.0


Pool = TypeVar("Pool", bound=SoundPool)


def build(
    kind: type[Pool],
    max_connections: int = 1,
    connection_class: type[redis.Connection] = Unwired,
) -> Pool:
    """A pool in which nobody waits for long, over connections that lead nowhere."""
    return kind(max_connections=max_connections, timeout=0, connection_class=connection_class)


def wait_in(pool: SoundPool) -> Waiter:
    """A caller who waits and has not run since."""
    waiter = Waiter()
    waiter.parked = True
    pool.join(waiter)
    return waiter


def how_many(pool: SoundPool) -> int:
    """How many more connections the pool has to hand out."""
    connections: list[redis.Connection] = []
    with suppress(ExhaustedError):
        while True:
            connections.append(pool.get_connection())
    return len(connections)


@pytest.mark.parametrize(
    ("kind", "served"),
    [(SoundPool, 0), (fairness.ServesTheLastFirst, 2), (fairness.ServesTheSecondFirst, 1)],
)
def test_a_release_serves_one_of_three_waiters(kind: type[SoundPool], served: int) -> None:
    pool = build(kind)
    connection = pool.get_connection()
    waiters = [wait_in(pool) for _ in range(3)]

    pool.release(connection)

    assert [waiter.connection is connection for waiter in waiters] == [
        place == served for place in range(3)
    ]


@pytest.mark.parametrize(
    ("kind", "overtakes"),
    [
        (SoundPool, False),
        (TurnsPool, False),
        (fairness.LetsNewcomersOvertake, True),
        (fairness.SendsTheSlowToTheBack, True),
    ],
)
def test_a_newcomer_comes_before_a_waiter_who_was_called(
    kind: type[SoundPool], overtakes: bool
) -> None:
    pool = build(kind)
    connection = pool.get_connection()
    wait_in(pool)

    pool.release(connection)

    assert how_many(pool) == overtakes


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (TurnsPool, 0),
        (fairness.LetsNewcomersOvertake, 0),
        (fairness.SendsTheSlowToTheBack, 1),
    ],
)
def test_who_was_overtaken_keeps_or_loses_its_place(kind: type[TurnsPool], first: int) -> None:
    pool = build(kind)
    connection = pool.get_connection()
    waiters = [wait_in(pool), wait_in(pool)]

    assert pool.take_in_turn(waiters[0]) is None  # called, and too late

    pool.release(connection)
    assert pool.waiters[0] is waiters[first]


@pytest.mark.parametrize(("kind", "kept_waiting"), [(SoundPool, 0), (progress.RingsOnceForTwo, 1)])
def test_two_releases_in_a_row_serve_two_waiters(kind: type[SoundPool], kept_waiting: int) -> None:
    pool = build(kind, max_connections=2)
    connections = [pool.get_connection(), pool.get_connection()]
    for _ in connections:
        wait_in(pool)

    for connection in connections:
        pool.release(connection)

    assert len(pool.idle) == len(pool.waiters) == kept_waiting


@pytest.mark.parametrize(
    ("kind", "heard"), [(TurnsPool, True), (progress.ForgetsTheBellBeforeItListens, False)]
)
def test_a_bell_that_rings_before_anyone_listens_is_heard(
    kind: type[TurnsPool], heard: bool
) -> None:
    pool = build(kind)
    connection = pool.get_connection()
    waiter = wait_in(pool)
    assert pool.take_in_turn(waiter) is None

    pool.release(connection)

    assert pool.listen(waiter, 0) == heard


@pytest.mark.parametrize(
    ("kind", "lets_in"), [(SoundPool, True), (progress.ConnectsUnderTheLock, False)]
)
def test_others_get_in_while_a_connection_is_opened(kind: type[SoundPool], lets_in: bool) -> None:
    def try_the_lock() -> bool:
        assert isinstance(pool.lock, type(RLock()))
        entered = pool.lock.acquire(blocking=False)
        if entered:
            pool.lock.release()
        return entered

    class Watched(Unwired):
        def connect(self) -> None:
            with ThreadPoolExecutor(1) as others:
                got_in.append(others.submit(try_the_lock).result(BOUND_S))

    got_in: list[bool] = []
    pool = build(kind, connection_class=Watched)
    pool.get_connection()

    assert got_in == [lets_in]


@pytest.mark.parametrize(
    ("kind", "left"), [(SoundPool, 1), (cancellation.KeepsThePlaceOfTheInterrupted, 0)]
)
def test_an_interrupted_waiter_takes_nothing_with_it(kind: type[SoundPool], left: int) -> None:
    pool = build(kind)
    connection = pool.get_connection()
    pool.abandon(wait_in(pool))

    pool.release(connection)

    assert how_many(pool) == left


def test_what_an_interrupted_waiter_was_handed_goes_to_the_next() -> None:
    pool = build(SoundPool)
    connection = pool.get_connection()
    first, second = wait_in(pool), wait_in(pool)
    pool.release(connection)

    pool.abandon(first)

    assert second.connection is connection


@pytest.mark.parametrize(
    ("kind", "left"), [(SoundPool, 1), (cancellation.LosesTheSlotOfAnInterruptedConnect, 0)]
)
def test_an_interrupted_connect_gives_its_slot_back(kind: type[SoundPool], left: int) -> None:
    class Interrupted(Unwired):
        def connect(self) -> None:
            if interruptions:
                raise interruptions.pop()

    interruptions = [KeyboardInterrupt()]
    pool = build(kind, connection_class=Interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool.get_connection()

    assert how_many(pool) == left


@pytest.mark.parametrize(
    ("kind", "enters"), [(SoundPool, True), (reentrancy.WaitsForItself, False)]
)
def test_who_is_inside_gets_in_again(kind: type[SoundPool], enters: bool) -> None:
    pool = build(kind)
    with pool.lock:
        assert pool.lock.acquire(blocking=False) == enters  # type: ignore[attr-defined]  # any lock


def test_who_queues_up_too_late_is_not_offered_what_came_before() -> None:
    class InterruptedByAFinalizer(reentrancy.QueuesUpTooLate):
        def queue_up(self, waiter: Waiter) -> None:
            self.release(connection)
            super().queue_up(waiter)

    pool = build(InterruptedByAFinalizer)
    connection = pool.get_connection()

    waiter = wait_in(pool)

    assert waiter.connection is None
    assert list(pool.idle) == [connection]


def test_two_callers_see_the_last_unused_slot() -> None:
    class Overtaken(bound.LooksBeforeItCounts):
        def open(self) -> redis.Connection:
            if others:
                others.pop()
                self.get_connection()
            return super().open()

    others = ["one"]
    pool = build(Overtaken)
    pool.get_connection()

    assert pool.opened == 2


def test_two_callers_see_the_same_idle_connection() -> None:
    class Overtaken(AbstractContextManager[object]):
        """Somebody else is quicker at the lock."""

        def __enter__(self) -> None:
            pool.lock = RLock()
            taken.append(pool.get_connection())

        def __exit__(self, *_: object) -> None:
            pass

    pool = build(release.LooksBeforeItTakes)
    pool.release(pool.get_connection())
    taken: list[redis.Connection] = []
    pool.lock = Overtaken()
    taken.append(pool.get_connection())

    assert taken[0] is taken[1]


@pytest.mark.parametrize(("kind", "left"), [(SoundPool, 1), (timeout.GoesByTheClockAlone, 0)])
def test_what_is_handed_over_when_the_wait_has_just_ended_is_not_lost(
    kind: type[SoundPool], left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait_in_vain(waiter: Waiter, timeout: float | None) -> bool:
        pool.release(connection)
        return False

    pool = build(kind)
    connection = pool.get_connection()
    monkeypatch.setattr(Waiter, "wait", wait_in_vain)
    served = True
    try:
        pool.get_connection()
    except ExhaustedError:
        served = False
    monkeypatch.undo()

    assert served == bool(left)
    if served:
        pool.release(connection)
    assert how_many(pool) == left
