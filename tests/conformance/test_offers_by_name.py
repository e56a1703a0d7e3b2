"""What a pool of redis-py's interface offers shows in the names of parameters."""

from collections.abc import Callable
from functools import partial

import pytest
import redis

from poolproof.conformance.adapters.redis_interface import AsyncRedisInterface, RedisInterface
from poolproof.spec import Capability


class Ages:
    """Has the parameter by which its pools are known to let connections grow old."""

    def __init__(self, *, max_idle_time: float | None = None) -> None:
        self.max_idle_time = max_idle_time


class AgesToo(Ages):
    def __init__(self, max_lifetime: float = 1.0, **arguments: float | None) -> None:
        super().__init__(**arguments)


class Keeps:
    def __init__(self, min_idle: int = 0) -> None:
        self.min_idle = min_idle


class Stays(Ages):
    def __init__(self) -> None:
        super().__init__()


def build_anything(**arguments: object) -> object:
    return arguments


BY_NAME = {Capability.MAX_IDLE_TIME, Capability.MAX_LIFETIME, Capability.MIN_IDLE}


@pytest.mark.parametrize("interface", [RedisInterface, AsyncRedisInterface])
@pytest.mark.parametrize(
    ("build", "offered"),
    [
        (Ages, {Capability.MAX_IDLE_TIME}),
        (partial(Ages), {Capability.MAX_IDLE_TIME}),
        (AgesToo, {Capability.MAX_IDLE_TIME, Capability.MAX_LIFETIME}),
        (Keeps, {Capability.MIN_IDLE}),
        (Stays, set()),
        (build_anything, set()),
        (redis.ConnectionPool, set()),
        (dict, set()),
    ],
)
def test_what_a_constructor_takes_by_name_its_pools_offer(
    interface: type[RedisInterface | AsyncRedisInterface],
    build: Callable[..., object],
    offered: set[Capability],
) -> None:
    assert interface(build).offers(object()) & BY_NAME == offered


class TakesTimeouts(redis.ConnectionPool):
    def get_connection(
        self, command_name: str | None = None, *keys: object, timeout: float = 1, **options: object
    ) -> redis.Connection:
        return super().get_connection(command_name)


@pytest.mark.parametrize(
    ("pool", "offered"), [(TakesTimeouts, True), (redis.ConnectionPool, False)]
)
def test_an_acquire_that_takes_a_timeout_by_name_is_given_one(
    pool: Callable[..., redis.ConnectionPool], offered: bool
) -> None:
    adapter = RedisInterface(pool)

    assert (Capability.CALL_TIMEOUT in adapter.offers(pool())) is offered


class ClosesGracefully(redis.ConnectionPool):
    def close(self, grace: float = 0) -> None:
        self.grace = grace
        super().close()


@pytest.mark.parametrize(
    ("pool", "offered"), [(ClosesGracefully, True), (redis.ConnectionPool, False)]
)
def test_a_close_that_takes_a_grace_period_by_name_is_given_one(
    pool: Callable[..., redis.ConnectionPool], offered: bool
) -> None:
    adapter, built = RedisInterface(pool), pool()

    assert (Capability.GRACEFUL_CLOSE in adapter.offers(built)) is offered
    if isinstance(built, ClosesGracefully):
        adapter.close_gracefully(built, 5.0)
        assert built.grace == 5.0
