"""Arguments that make no pool are refused when it is made, with a word on what to pass instead."""

from math import nan

import pytest
import redis.asyncio

from poolproof.reference_pool import ConnectionPool
from poolproof.reference_pool.asyncio import ConnectionPool as AsyncConnectionPool

Pool = type[ConnectionPool | AsyncConnectionPool]

pytestmark = pytest.mark.parametrize("pool_class", [ConnectionPool, AsyncConnectionPool])


@pytest.mark.parametrize("value", [0, -1, True, False, 2.5, "10", None])
def test_max_connections_must_be_an_int_of_at_least_one(pool_class: Pool, value: int) -> None:
    with pytest.raises(
        (TypeError, ValueError), match=r"max_connections is .*: pass an int of at least 1"
    ):
        pool_class(max_connections=value)


@pytest.mark.parametrize("value", [-1, -0.001, nan, True, False, "5"])
def test_timeout_must_be_none_or_seconds_of_at_least_zero(pool_class: Pool, value: float) -> None:
    with pytest.raises((TypeError, ValueError), match=r"timeout is .*None to wait for ever"):
        pool_class(timeout=value)


@pytest.mark.parametrize("value", [None, 0, 0.5, 5])
def test_a_timeout_is_kept_as_it_was_given(pool_class: Pool, value: float | None) -> None:
    assert value == pool_class(timeout=value).timeout


def test_a_url_says_where_and_keywords_say_the_rest(pool_class: Pool) -> None:
    pool = pool_class.from_url("redis://example.org:6380/3?timeout=2", max_connections=4, timeout=9)

    assert {"host": "example.org", "port": 6380, "db": 3}.items() <= pool.connection_kwargs.items()
    assert (pool.max_connections, pool.timeout) == (4, 2)


def test_a_url_is_refused_without_quoting_it(pool_class: Pool) -> None:
    with pytest.raises(ValueError, match="percent-encoded") as refusal:
        pool_class.from_url("redis://:sec/ret@localhost:6379")

    assert "sec" not in str(refusal.value)


def test_a_url_with_a_wrong_bound_is_refused_for_the_bound(pool_class: Pool) -> None:
    with pytest.raises(ValueError, match="max_connections is 0"):
        pool_class.from_url("redis://localhost?max_connections=0")


def test_it_shows_where_it_connects_to(pool_class: Pool) -> None:
    assert "ConnectionPool host=localhost port=6379 db=0 max" in repr(pool_class())
    assert "ConnectionPool path=/run/r db=2 max" in repr(pool_class.from_url("unix:///run/r?db=2"))


@pytest.mark.parametrize("url", ["redis://localhost", "rediss://localhost", "unix:///run/r"])
def test_a_url_makes_connections_of_the_same_kind_as_the_client_does(
    pool_class: Pool, url: str
) -> None:
    client = redis if pool_class is ConnectionPool else redis.asyncio
    theirs = client.ConnectionPool.from_url(url)

    assert pool_class.from_url(url).connection_class is theirs.connection_class
