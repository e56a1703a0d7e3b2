"""A container that is paused or killed goes on where it was, and leaves nothing behind."""

import os
from collections.abc import Iterator
from contextlib import closing
from secrets import token_hex

import pytest
import redis
from culprits import SoundAsyncPool
from judging import adapter_of, drivers_of

from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.court import Court
from poolproof.conformance.in_real_time.restarts import restart
from poolproof.conformance.in_real_time.silences import fall_silent
from poolproof.conformance.server import Server, child
from poolproof.conformance.server.mortal import (
    CONTAINER_NAME,
    Mortal,
    mortal_server,
    remove_container,
)
from poolproof.conformance.server.witness import Witness
from poolproof.conformance.targets.preparation import prepare
from poolproof.conformance.targets.settings import PoolSettings
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
def contained(server: Server, no_program: None) -> Iterator[Mortal]:
    with mortal_server(server.image) as mortal:
        yield mortal


def ask(server: Server) -> object:
    with redis.Redis(host=server.host, port=server.port, socket_timeout=1.0) as client:
        return client.ping()


def test_it_is_refused_while_it_is_down_and_comes_back_where_it_was(contained: Mortal) -> None:
    server = contained.server
    assert ask(server)

    contained.shut_down()
    assert refused(server.address())
    contained.come_back()

    assert ask(contained.server)
    assert contained.server.port == server.port


def test_a_paused_one_lets_connect_and_answers_when_it_goes_on(contained: Mortal) -> None:
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
    with mortal_server(server.image) as left_behind:
        address = left_behind.server.address()
        left_behind.freeze()

        remove_container(name)

        assert refused(address)
    remove_container(name)  # there is none any more, and that is no error


@pytest.mark.parametrize("state", ["up", "frozen", "down"])
def test_nothing_is_left_of_it_whatever_its_state(
    server: Server, no_program: None, state: str
) -> None:
    with mortal_server(server.image) as mortal:
        address = mortal.server
        if state == "frozen":
            mortal.freeze()
        elif state == "down":
            mortal.shut_down()

    assert refused(address.address())


def test_a_pool_is_restarted_and_kept_waiting_in_it(
    server: Server, settings: PoolSettings, no_program: None
) -> None:
    witness = Witness(server)
    with schedulable_threads(), closing(witness):
        prepared = prepare(adapter_of(SoundAsyncPool), settings, witness)
        with closing(drivers_of(prepared)) as drivers:
            court = Court(
                drivers, prepared.settings, witness, list(CLAUSES), lambda: None, limit_s=120
            )
            assert restart(court, prepared, server.image) == ()
            assert fall_silent(court, prepared, server.image) == ()

    assert court.convictions == {}
    assert court.programs == 6
    assert court.observed["BRK-5"] == 5
