"""Released pools run under the scheduler as they are, on doubles and on a real Redis."""

import os
import queue
import random
import threading
from collections.abc import Iterator
from functools import partial
from types import CodeType

import pytest
import redis
import redis.connection
from at_server import where

from poolproof import reference_pool
from poolproof.conformance.engines.threads import (
    Course,
    Schedule,
    Scheduler,
    each_schedule,
    install,
)
from poolproof.conformance.server import Server

PACKAGES = (os.path.dirname(redis.__file__), os.path.dirname(reference_pool.__file__))  # noqa: PTH120 - of code


def is_pool_code(code: CodeType) -> bool:
    return code.co_filename.startswith(PACKAGES)


def has_entries(code: CodeType) -> bool:
    return is_pool_code(code) or code.co_filename in (queue.__file__, threading.__file__)


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with install():
        yield


class Double:
    """Where a connection would be. It goes nowhere."""

    def __init__(self, **_arguments: object) -> None:
        self.pid = os.getpid()
        self.connected = False

    def connect(self) -> None:
        self.connected = True

    def disconnect(self, *_arguments: object) -> None:
        self.connected = False

    def can_read(self, timeout: float = 0) -> bool:
        return False

    def should_reconnect(self) -> bool:
        return False


Pool = redis.BlockingConnectionPool | reference_pool.ConnectionPool


def blocking_pool(timeout: float | None = 5, max_connections: int = 1) -> Pool:
    return redis.BlockingConnectionPool(
        max_connections=max_connections,
        timeout=timeout,
        connection_class=Double,
    )


def our_pool(timeout: float | None = 5, max_connections: int = 1) -> Pool:
    return reference_pool.ConnectionPool(
        max_connections=max_connections,
        timeout=timeout,
        connection_class=Double,  # type: ignore[arg-type]  # as much of one as the pool uses
    )


POOLS = [blocking_pool, our_pool]


@pytest.mark.parametrize("make", POOLS)
def test_a_wait_for_a_connection_ends_exactly_at_its_timeout(make: object) -> None:
    assert callable(make)
    pool: Pool = make(timeout=5)
    held = pool.get_connection()
    with Scheduler(is_pool_code) as scheduler:
        started_s = scheduler.now_s
        task = scheduler.start(pool.get_connection)
        scheduler.run()
        assert scheduler.next_deadline_s() == started_s + 5
        scheduler.advance_to(started_s + 5)
        scheduler.run()
        assert isinstance(task.error, redis.ConnectionError)
    pool.release(held)


def served(make: object, schedule: Schedule, callers: int = 3) -> tuple[list[int], Course]:
    """Who got the one connection in which order."""
    assert callable(make)
    pool: Pool = make(timeout=None)
    order: list[int] = []

    def work(number: int) -> None:
        connection = pool.get_connection()
        order.append(number)
        pool.release(connection)

    with Scheduler(is_pool_code) as scheduler:
        for number in range(callers):
            scheduler.start(partial(work, number))
        course = scheduler.run(schedule)
        assert all(task.done and task.error is None for task in scheduler.tasks), (
            schedule,
            scheduler.tasks,
        )
    return order, course


@pytest.mark.parametrize("make", POOLS)
def test_everybody_is_served_under_any_schedule_and_the_same_one_again(make: object) -> None:
    drawn = random.Random(5)
    orders = set()
    for _ in range(100):
        schedule = Schedule(
            tuple(drawn.randrange(3) for _ in range(8)),
            tuple(int(2 ** drawn.uniform(0, 8)) - 1 for _ in range(drawn.randrange(4))),
        )
        first = served(make, schedule)
        assert served(make, schedule) == first
        orders.add(tuple(first[0]))
    assert len(orders) == 6


@pytest.mark.parametrize("make", POOLS)
def test_everybody_is_served_under_every_schedule(make: object) -> None:
    schedules = list(each_schedule(lambda schedule: served(make, schedule, 2)[1], preemptions=1))
    assert len(schedules) > 50


def points_of_self_deadlock(make: object) -> list[int]:
    """At which function entries of a release another release, as of a finalizer, waits for ever."""
    assert callable(make)
    stuck: list[int] = []
    for point in range(1, 200):
        pool: Pool = make(timeout=None, max_connections=2)
        connections = [pool.get_connection(), pool.get_connection()]
        with Scheduler(has_entries) as scheduler:
            task = scheduler.start(partial(pool.release, connections[0]))
            inside = scheduler.run_inside(
                task,
                point,
                partial(pool.release, connections[1]),
            )
            scheduler.run()
            if not inside.happened:
                return stuck
            if task.parked:
                stuck.append(point)
    pytest.fail("release has no end")


def test_a_release_inside_a_release_waits_for_itself_where_the_queue_is_locked() -> None:
    assert points_of_self_deadlock(blocking_pool)
    assert not points_of_self_deadlock(our_pool)


def test_real_connections_are_used_under_a_schedule(server: Server) -> None:
    for gap in range(0, 400, 40):
        pool = redis.BlockingConnectionPool(
            **where(server),
            max_connections=1,
            timeout=None,
        )
        client = redis.Redis(connection_pool=pool)
        replies: list[object] = []

        def echo(number: int, client: redis.Redis = client, to: list[object] = replies) -> None:
            to.append(client.echo(str(number)))

        with Scheduler(is_pool_code) as scheduler:
            for number in range(2):
                scheduler.start(partial(echo, number))
            scheduler.connects_held = True
            scheduler.run(Schedule(preemptions=(gap,)))
            assert sum(task.at_gate is scheduler.connects for task in scheduler.tasks) == 1
            scheduler.connects_held = False
            scheduler.go_on()
            assert [task.error for task in scheduler.tasks] == [None, None]
        assert sorted(map(str, replies)) == ["b'0'", "b'1'"]
        client.close()
        pool.disconnect()
