"""A server turns new connections away when told to, and admits them again whatever has happened."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
import redis
from at_server import where
from redis.backoff import NoBackoff
from redis.retry import Retry

from poolproof.conformance.faults.server.admission import (
    KEY,
    Admission,
    TurnedAway,
    admission_to,
)
from poolproof.conformance.server import Server, obtain

WAYS: tuple[TurnedAway, ...] = ("full", "locked")


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """One that no other test uses."""
    with obtain() as server:
        yield server


def lets_in(server: Server) -> bool:
    with redis.Redis(**where(server), retry=Retry(NoBackoff(), 0)) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


@pytest.mark.parametrize("how", WAYS)
def test_who_connects_is_turned_away_until_it_is_open(own_server: Server, how: TurnedAway) -> None:
    with closing(Admission(own_server)) as admission, redis.Redis(**where(own_server)) as inside:
        assert inside.ping()
        admission.turn_away(how)
        assert not lets_in(own_server)
        assert inside.ping()
        admission.admit()
        assert lets_in(own_server)


@pytest.mark.parametrize("how", WAYS)
def test_it_is_open_when_it_is_closed(own_server: Server, how: TurnedAway) -> None:
    with closing(Admission(own_server)) as admission:
        admission.turn_away(how)
    assert lets_in(own_server)


def test_what_a_check_has_left_locked_is_opened_by_the_next(own_server: Server) -> None:
    with redis.Redis(**where(own_server)) as left_behind:
        left_behind.config_set("requirepass", KEY)
        left_behind.config_set("maxclients", 3)
    assert not lets_in(own_server)

    with admission_to(own_server):
        pass

    assert lets_in(own_server)
    with redis.Redis(**where(own_server)) as client:
        assert int(client.config_get("maxclients")["maxclients"]) > 100


def test_the_door_of_a_server_that_was_given_is_left_alone(own_server: Server) -> None:
    with admission_to(replace(own_server, started_by_kit=False)) as (admission, why):
        assert admission is None
        assert "was given" in why
