"""What is lent is connected and clean, or its slot is free again; no server is needed."""

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from . import PATIENCE_S
from .inside import count_of
from .wires import Wire, ask, wire, wires


def test_a_dirty_connection_is_connected_afresh_before_it_is_lent() -> None:
    pool = wires()
    connection = wire(pool.get_connection())
    connection.dirty = True
    pool.release(connection)

    assert pool.get_connection() is connection
    assert (connection.connects, connection.dirty) == (2, False)


def test_a_handed_over_connection_is_checked_too() -> None:
    pool = wires()
    connection = wire(pool.get_connection())
    future = ask(pool)
    connection.dirty = True
    pool.release(connection)
    future.result(PATIENCE_S)

    assert (connection.connects, connection.dirty) == (2, False)


def test_a_connection_that_cannot_be_clean_is_lent_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Wire, "can_read", lambda *_: True)
    pool = wires()
    with pytest.raises(RedisConnectionError, match="closed a new connection, or sent data unasked"):
        pool.get_connection()

    assert count_of(pool) == (0, 0, 0)


@pytest.mark.parametrize("error", [RedisConnectionError, KeyboardInterrupt])
def test_a_failure_to_connect_is_its_callers_and_gives_the_slot_back(
    error: type[BaseException],
) -> None:
    pool = wires()
    connection = wire(pool.get_connection())
    connection.disconnect()
    connection.fails = error()
    pool.release(connection)
    with pytest.raises(error):
        pool.get_connection()

    assert connection._sock is None
    assert count_of(pool) == (0, 0, 0)
    assert pool.get_connection() is not connection


def test_a_failure_to_connect_lets_the_next_waiter_try() -> None:
    pool = wires()
    connection = wire(pool.get_connection())
    first, second = ask(pool), ask(pool)
    connection.disconnect()
    connection.fails = RedisConnectionError("refused")
    pool.release(connection)

    assert isinstance(first.exception(PATIENCE_S), RedisConnectionError)
    assert wire(second.result(PATIENCE_S)).connects == 1


def test_arguments_that_the_connection_refuses_cost_no_slot() -> None:
    pool = wires(no_such_argument=1)
    for _ in range(2):
        with pytest.raises(TypeError, match="no_such_argument"):
            pool.get_connection()

    assert count_of(pool) == (0, 0, 0)
