"""After a fork the child starts with an empty pool and leaves its parent's sockets alone."""

from collections.abc import Iterator

import pytest
from at_server import where
from redis.connection import AbstractConnection

from poolproof.conformance.server import Server
from poolproof.reference_pool import ConnectionPool, PoolClosedError

from . import PATIENCE_S
from .forking import FORKS, in_child

pytestmark = FORKS


@pytest.fixture
def pool(server: Server) -> Iterator[ConnectionPool]:
    with ConnectionPool(
        **where(server),
        socket_timeout=PATIENCE_S,
        max_connections=2,
        timeout=0,
    ) as pool:
        yield pool


def identity(connection: AbstractConnection) -> str:
    connection.send_command("CLIENT", "ID")
    return str(connection.read_response())


def test_the_child_starts_empty_and_may_open_all_its_connections(pool: ConnectionPool) -> None:
    held = pool.get_connection()
    with pool.connection() as idle:
        parents = {identity(held), identity(idle)}

    def work() -> str:
        connections = [pool.get_connection(), pool.get_connection()]
        return " ".join(identity(connection) for connection in connections)

    childs = set(in_child(work).split())

    assert len(childs) == 2
    assert not childs & parents
    pool.release(held)


def test_the_parents_connections_outlive_the_child(pool: ConnectionPool) -> None:
    held = pool.get_connection()
    with pool.connection() as idle:
        parents = [identity(held), identity(idle)]

    def work() -> str:
        pool.disconnect()
        pool.close()
        return "closed"

    assert in_child(work) == "closed"
    with pool.connection() as idle:
        assert [identity(held), identity(idle)] == parents
    pool.release(held)


def test_the_child_may_release_what_it_inherited(pool: ConnectionPool) -> None:
    held = pool.get_connection()
    before = identity(held)

    def work() -> str:
        pool.release(held)
        pool.release(held)
        with pool.connection() as connection:
            return str(connection is held)

    assert in_child(work) == "False"
    assert identity(held) == before
    pool.release(held)


def test_a_fork_inside_the_pool_does_not_lock_the_child_out(pool: ConnectionPool) -> None:
    def work() -> str:
        with pool.connection() as connection:
            return identity(connection)

    with pool._lock:
        answer = in_child(work)

    assert answer.isdigit(), answer


def test_a_closed_pool_is_closed_in_the_child(pool: ConnectionPool) -> None:
    pool.close()

    def work() -> str:
        try:
            pool.get_connection()
        except PoolClosedError:
            return "closed"
        return "open"

    assert in_child(work) == "closed"
