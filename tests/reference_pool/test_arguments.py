"""Arguments that make no pool are refused when it is made, with a word on what to pass instead."""

from math import nan

import pytest

from poolproof.reference_pool import ConnectionPool


@pytest.mark.parametrize("value", [0, -1, True, False, 2.5, "10", None])
def test_max_connections_must_be_an_int_of_at_least_one(value: int) -> None:
    with pytest.raises(
        (TypeError, ValueError), match=r"max_connections is .*: pass an int of at least 1"
    ):
        ConnectionPool(max_connections=value)


@pytest.mark.parametrize("value", [-1, -0.001, nan, True, False, "5"])
def test_timeout_must_be_none_or_seconds_of_at_least_zero(value: float) -> None:
    with pytest.raises((TypeError, ValueError), match=r"timeout is .*None to wait for ever"):
        ConnectionPool(timeout=value)


@pytest.mark.parametrize("value", [None, 0, 0.5, 5])
def test_a_timeout_is_kept_as_it_was_given(value: float | None) -> None:
    assert value == ConnectionPool(timeout=value).timeout


def test_a_url_says_where_and_keywords_say_the_rest() -> None:
    pool = ConnectionPool.from_url(
        "redis://example.org:6380/3?timeout=2", max_connections=4, timeout=9
    )

    assert {"host": "example.org", "port": 6380, "db": 3}.items() <= pool.connection_kwargs.items()
    assert (pool.max_connections, pool.timeout) == (4, 2)


def test_a_url_is_refused_without_quoting_it() -> None:
    with pytest.raises(ValueError, match="percent-encoded") as refusal:
        ConnectionPool.from_url("redis://:sec/ret@localhost:6379")

    assert "sec" not in str(refusal.value)


def test_a_url_with_a_wrong_bound_is_refused_for_the_bound() -> None:
    with pytest.raises(ValueError, match="max_connections is 0"):
        ConnectionPool.from_url("redis://localhost?max_connections=0")
