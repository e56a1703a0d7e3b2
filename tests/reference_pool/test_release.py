# Made by `make twins` from test_asyncio_release.py: change that instead.
"""What a release does, of whatever and from wherever, over connections that need no server."""

from functools import partial
from typing import Literal

import pytest

from poolproof.reference_pool.slot import Slot
from poolproof.reference_pool.waiter import Waiter

from .finalizers import Holder
from .inside import count_of
from .wires import wires


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_with_block_releases_on_every_way_out(error: type[BaseException]) -> None:
    pool = wires()
    with pytest.raises(error), pool.connection():
        raise error

    assert count_of(pool) == (0, 1, 0)


@pytest.mark.parametrize("others", [0, 1])
def test_a_second_release_is_refused_and_changes_nothing(others: int) -> None:
    pool = wires(2)
    connection = pool.get_connection()
    for _ in range(others):
        pool.get_connection()
    pool.release(connection)
    before = count_of(pool)
    with pytest.raises(ValueError, match="release every connection once"):
        pool.release(connection)

    assert before == count_of(pool)


def test_a_connection_of_another_pool_is_refused() -> None:
    pool, other = wires(), wires()
    connection = other.get_connection()
    with pytest.raises(ValueError, match="to the pool that it came from"):
        pool.release(connection)

    assert count_of(pool) == (0, 0, 0)
    other.release(connection)


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_is_released_inside_the_pool_reaches_who_waits(
    monkeypatch: pytest.MonkeyPatch, when: Literal["before", "after"]
) -> None:
    pool = wires()
    holders = [Holder(partial(pool.release, pool.get_connection()))]
    join = pool._queues.join

    def drop_and_join(waiter: Waiter[Slot]) -> None:
        if when == "before":
            holders.clear()
        join(waiter)
        holders.clear()

    monkeypatch.setattr(pool._queues, "join", drop_and_join)
    pool.get_connection()

    assert count_of(pool) == (1, 0, 0)
