"""A proxy beside threads that a scheduler conducts: it is none of them, and knows no clock."""

import os
from collections.abc import Iterator
from types import CodeType

import pytest
import redis

from poolproof.conformance.engines.threads import Scheduler, install
from poolproof.conformance.faults.network import Proxy
from poolproof.conformance.server import Server

PACKAGE = os.path.dirname(redis.__file__)  # noqa: PTH120 - of code


def is_pool_code(code: CodeType) -> bool:
    return code.co_filename.startswith(PACKAGE)


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with install():
        yield


def pool_through(proxy: Proxy, server: Server) -> redis.BlockingConnectionPool:
    return redis.BlockingConnectionPool(
        host=proxy.host,
        port=proxy.port,
        username=server.username,
        password=server.password,
        max_connections=1,
        timeout=5,
        retry=None,
    )


def test_conducted_threads_use_the_server_through_it_and_wait_by_their_own_clock(
    server: Server,
) -> None:
    with Proxy(server.host, server.port) as proxy:
        pool = pool_through(proxy, server)
        with Scheduler(is_pool_code) as scheduler:
            first = scheduler.start(pool.get_connection)
            scheduler.run()
            assert first.done
            second = scheduler.start(pool.get_connection)
            scheduler.run()
            assert second.parked
            began_s = scheduler.now_s
            assert scheduler.next_deadline_s() == began_s + 5
            proxy.settle()
            assert scheduler.now_s == began_s
        pool.disconnect()


def test_who_is_conducted_meets_what_was_done_between_two_runs(server: Server) -> None:
    with Proxy(server.host, server.port) as proxy:
        pool = pool_through(proxy, server)
        told: list[object] = []

        def ask() -> None:
            connection = pool.get_connection()
            try:
                connection.send_command("ECHO", "word")
                told.append(connection.read_response())
            except redis.ConnectionError as error:
                told.append(type(error))
            finally:
                pool.release(connection)

        with Scheduler(is_pool_code) as scheduler:
            for cut in (False, True, False):
                if cut:
                    proxy.cut_next_reply(*proxy.links(), after=3, then="reset")
                task = scheduler.start(ask)
                scheduler.run()
                assert task.done
                assert task.error is None
            proxy.refuse_connects()
            proxy.reset(*proxy.links())
            refused = scheduler.start(pool.get_connection)
            scheduler.run()
            assert isinstance(refused.error, redis.ConnectionError)
        assert told == [b"word", redis.ConnectionError, b"word"]
        pool.disconnect()


def test_a_conducted_thread_may_tell_the_proxy_what_to_do(server: Server) -> None:
    with Proxy(server.host, server.port) as proxy, Scheduler(is_pool_code) as scheduler:
        teller = scheduler.start(proxy.refuse_connects)
        scheduler.run()
        assert teller.done
        assert teller.error is None
        assert proxy.connect_policy == "refuse"
