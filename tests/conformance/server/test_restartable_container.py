"""A container that is paused or killed goes on where it was, and leaves nothing behind."""

import os
from collections.abc import Iterator
from contextlib import closing
from secrets import token_hex

import pytest
import redis
from culprits import SoundAsyncPool
from judging import adapter_of, context_of, drivers_of

from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.checker import Checker
from poolproof.conformance.server import Server, child
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.server.restartable import (
    CONTAINER_NAME,
    RestartableServer,
    remove_container,
    restartable_server,
)
from poolproof.conformance.workloads.context import TimeLimit
from poolproof.conformance.workloads.written.restarts import restart
from poolproof.conformance.workloads.written.silences import fall_silent
from poolproof.spec import CLAUSES

from .asking import refused

pytestmark = pytest.mark.skipif(
    os.environ.get("POOLPROOF_SERVER") != "container",
    reason="containers are tried when POOLPROOF_SERVER=container asks for them",
)


@pytest.fixture
def no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no server to be embedded."""
    monkeypatch.setattr(child, "programs", lambda: [(None, "no server program")])


@pytest.fixture
def contained(server: Server, no_program: None) -> Iterator[RestartableServer]:
    with restartable_server(server.image) as restartable:
        yield restartable


def ask(server: Server) -> object:
    with redis.Redis(host=server.host, port=server.port, socket_timeout=1.0) as client:
        return client.ping()


def test_it_is_refused_while_it_is_down_and_comes_back_where_it_was(
    contained: RestartableServer,
) -> None:
    server = contained.server
    assert ask(server)

    contained.shut_down()
    assert refused(server.address())
    contained.come_back()

    assert ask(contained.server)
    assert contained.server.port == server.port


def test_a_paused_one_lets_connect_and_answers_when_it_goes_on(
    contained: RestartableServer,
) -> None:
    server = contained.server
    contained.freeze()
    with pytest.raises(redis.TimeoutError):
        ask(server)

    contained.thaw()

    assert ask(server)


def test_one_that_was_left_behind_is_removed_by_its_name(
    server: Server, no_program: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"poolproof-test-{token_hex(4)}"
    monkeypatch.setenv(CONTAINER_NAME, name)
    with restartable_server(server.image) as left_behind:
        address = left_behind.server.address()
        left_behind.freeze()

        remove_container(name)

        assert refused(address)
    remove_container(name)  # there is none any more, and that is no error


@pytest.mark.parametrize("state", ["up", "frozen", "down"])
def test_nothing_is_left_of_it_whatever_its_state(
    server: Server, no_program: None, state: str
) -> None:
    with restartable_server(server.image) as restartable:
        address = restartable.server
        if state == "frozen":
            restartable.freeze()
        elif state == "down":
            restartable.shut_down()

    assert refused(address.address())


def test_a_pool_is_restarted_and_kept_waiting_in_it(
    server: Server, settings: PoolSettings, no_program: None
) -> None:
    monitor = ServerMonitor(server)
    with schedulable_threads(), closing(monitor):
        prepared = prepare(adapter_of(SoundAsyncPool), settings, monitor)
        with closing(drivers_of(prepared)) as drivers:
            checker = Checker(list(CLAUSES))
            context = context_of(checker, drivers, prepared, monitor, TimeLimit(120))
            assert restart(context, prepared, server.image) == ()
            assert fall_silent(context, prepared, server.image) == ()

    assert checker.violations == {}
    assert checker.programs == 6
    assert checker.observed["BRK-5"] == 5
