"""The first look finds out what kind of pool the target is, and says why if it cannot be driven."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic
from typing import ClassVar

import coredis.exceptions
import pytest
import redis
import redis.asyncio
import valkey
import valkey.asyncio
from culprits.options import OptionsPool
from judging import adapter_of, judge

from poolproof.conformance.adapters.adapter import AnyAdapter, AnyAsyncAdapter
from poolproof.conformance.adapters.client import UNKNOWN, ClientLibrary, library_of
from poolproof.conformance.adapters.coredis import CoredisAdapter
from poolproof.conformance.adapters.load import TargetError, load_target
from poolproof.conformance.adapters.probe import Prepared, library_version, prepare
from poolproof.conformance.adapters.redis_interface import AsyncRedisInterface, RedisInterface
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.adapters.sqlalchemy import SQLAlchemyAdapter
from poolproof.conformance.search.budget import BUDGETS
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.reference_pool import ConnectionPool
from poolproof.spec import Capability

THREADS = ["redis:ConnectionPool", "redis:BlockingConnectionPool", "valkey:BlockingConnectionPool"]
ASYNCIO = [
    "redis.asyncio:ConnectionPool",
    "redis.asyncio:BlockingConnectionPool",
    "valkey.asyncio:ConnectionPool",
    "valkey.asyncio:BlockingConnectionPool",
]
COLOURS = {Capability.THREADS, Capability.ASYNCIO}

Look = Callable[..., Prepared]


@pytest.fixture
def look(server: Server, monitor: ServerMonitor) -> Iterator[Look]:
    def prepare_it(adapter: AnyAdapter | AnyAsyncAdapter, **extra: object) -> Prepared:
        settings = PoolSettings(
            server.host, server.port, server.db, client_name="poolproof-look", extra=extra
        )
        return prepare(adapter, settings, monitor)

    yield prepare_it
    assert not monitor.settled_connections({"": "poolproof-look"}, {"": 0})[""]


class Picky:
    """A pool that hands out connections of its own choice."""

    handed_out: ClassVar[type[redis.Connection]] = redis.Connection

    def __init__(self, *, max_connections: int, **arguments: object) -> None:
        self.connection = self.connect(arguments)

    def connect(self, arguments: dict[str, object]) -> redis.Connection:
        arguments.pop("connection_class", None)
        return self.handed_out(**arguments)

    def get_connection(self) -> redis.Connection:
        return self.connection

    def release(self, connection: redis.Connection) -> None: ...

    def disconnect(self) -> None:
        self.connection.disconnect()


class PassesOn(Picky):
    """Takes whatever its connections take."""

    def connect(self, arguments: dict[str, object]) -> redis.Connection:
        return self.handed_out(**arguments)


class Leaves(Picky):
    """Leaves the process rather than take a class."""

    def connect(self, arguments: dict[str, object]) -> redis.Connection:
        if "connection_class" in arguments:
            raise SystemExit("not with me")
        return super().connect(arguments)


class TakesDates(OptionsPool):
    """Has a parameter by one of our names, and takes something else for it than seconds."""

    def was_idle_too_long(self, connection: redis.Connection) -> bool:
        limit: object = self.max_idle_time
        if limit is not None and not isinstance(limit, timedelta):
            raise TypeError("max_idle_time must be a timedelta")
        return super().was_idle_too_long(connection)


class CannotBuildWithLifetime(OptionsPool):
    """Its constructor fails for a reason of its own."""

    def __init__(self, *, max_lifetime: float | None = None, **arguments: object) -> None:
        if max_lifetime is not None:
            raise RuntimeError("no timer could be started")
        super().__init__(max_lifetime=max_lifetime, **arguments)  # type: ignore[arg-type]  # passed on


class HasYetToReauthenticate(OptionsPool):
    """Has the method, and nothing in it but an excuse."""

    def re_auth_callback(self, token: object) -> None:
        raise NotImplementedError("re_auth_callback")


class FailsByItsOption(OptionsPool):
    """Trips over its own option whenever something is released."""

    def put_back(self, connection: redis.Connection) -> None:
        if self.max_lifetime is not None:
            raise RuntimeError("dictionary changed size during iteration")
        super().put_back(connection)


class ComputesWrongly(OptionsPool):
    """Trips over its own option by a mistake that raises a TypeError."""

    def was_open_too_long(self, connection: redis.Connection) -> bool:
        started: object = None
        return self.max_lifetime is not None and monotonic() - started > self.max_lifetime  # type: ignore[operator]  # its mistake


class Cancels(redis.asyncio.BlockingConnectionPool):
    """Ends every acquire as if its caller had been cancelled."""

    async def get_connection(self, *_: object, **__: object) -> redis.asyncio.Connection:
        raise asyncio.CancelledError("not\nwith me")


class BothColours(CoredisAdapter):
    """Takes itself for a pool for threads."""

    def offers(self, pool: object) -> frozenset[Capability]:
        return frozenset(COLOURS)


def build_for_asyncio(**arguments: object) -> object:
    return redis.asyncio.BlockingConnectionPool(**arguments)  # type: ignore[arg-type]  # passed on


def build_for_asyncio_on_a_loop(**arguments: object) -> object:
    asyncio.get_running_loop()
    return build_for_asyncio(**arguments)


async def build_as_a_coroutine(**arguments: object) -> object:
    return build_for_asyncio(**arguments)


@pytest.mark.parametrize("target", [*THREADS, *ASYNCIO])
def test_the_colour_of_a_pool_is_among_what_it_offers(target: str, look: Look) -> None:
    prepared = look(load_target(target))

    colour = Capability.ASYNCIO if target in ASYNCIO else Capability.THREADS
    assert prepared.offers & COLOURS == {colour}
    assert Capability.CLIENT in prepared.offers
    assert ("timeout" in prepared.settings.takes) == ("Blocking" in target)
    assert prepared.stand_ins


@pytest.mark.parametrize(
    "build", [build_for_asyncio, build_for_asyncio_on_a_loop, build_as_a_coroutine]
)
def test_a_function_may_turn_out_to_build_a_pool_for_asyncio(
    build: Callable[..., object], look: Look
) -> None:
    prepared = look(RedisInterface(build))

    assert isinstance(prepared.adapter, AsyncRedisInterface)
    assert prepared.offers == {
        Capability.ASYNCIO,
        Capability.CLIENT,
        Capability.CLOSE,
        Capability.DISCONNECT,
        Capability.REAUTHENTICATION,
    }
    assert prepared.library.client is redis.asyncio.Redis


def test_an_adapter_does_not_choose_its_colour(look: Look) -> None:
    assert look(BothColours()).offers == {Capability.ASYNCIO}


@pytest.mark.parametrize(
    ("target", "client", "connection_error", "timeout_error"),
    [
        ("redis:ConnectionPool", redis.Redis, redis.ConnectionError, redis.TimeoutError),
        ("valkey:ConnectionPool", valkey.Valkey, valkey.ConnectionError, valkey.TimeoutError),
        (
            "redis.asyncio:ConnectionPool",
            redis.asyncio.Redis,
            redis.ConnectionError,
            redis.TimeoutError,
        ),
        (
            "valkey.asyncio:ConnectionPool",
            valkey.asyncio.Valkey,
            valkey.ConnectionError,
            valkey.TimeoutError,
        ),
    ],
)
def test_a_pool_is_tried_with_the_client_of_its_library_and_colour(
    target: str,
    client: type,
    connection_error: type[Exception],
    timeout_error: type[Exception],
    look: Look,
) -> None:
    library = look(load_target(target)).library

    assert library == ClientLibrary((connection_error,), (timeout_error, TimeoutError), client)


def test_a_library_with_a_pool_of_its_own_kind_has_no_client_that_takes_the_pool(
    look: Look,
) -> None:
    prepared = look(CoredisAdapter())

    assert prepared.library == ClientLibrary(
        (coredis.exceptions.ConnectionError,), (TimeoutError,), None
    )
    assert prepared.offers == {Capability.ASYNCIO, Capability.CONTEXT_MANAGER}
    assert library_version(prepared.library).startswith("coredis ")


def test_the_client_is_found_from_a_subclass_of_the_connection() -> None:
    own = type("Own", (redis.asyncio.Connection,), {})

    assert library_of(own(), for_asyncio=True).client is redis.asyncio.Redis


@pytest.mark.parametrize("target", ["sqlalchemy", "dbutils"])
def test_a_client_in_a_proxy_is_known_by_its_name(target: str, look: Look) -> None:
    prepared = look(load_target(target))

    assert prepared.library == UNKNOWN
    assert library_version(prepared.lent) == f"redis {redis.__version__}"


def test_a_library_that_cannot_be_found_is_said_to_be_unknown() -> None:
    assert library_of(object()) == UNKNOWN
    assert library_version(UNKNOWN) == "unknown"


@pytest.mark.parametrize("library", [UNKNOWN, library_of(redis.asyncio.Connection())])
def test_a_cancellation_is_no_broken_connection_and_no_timeout(library: ClientLibrary) -> None:
    error = library.error(asyncio.CancelledError("by the caller"))

    assert not error.is_connection_error
    assert not error.is_timeout_error
    assert str(error) == "CancelledError: by the caller"


@pytest.mark.parametrize("target", ASYNCIO)
def test_timeouts_of_asyncio_are_timeouts(target: str, look: Look) -> None:
    library = look(load_target(target)).library

    assert library.error(asyncio.TimeoutError()).is_timeout_error  # noqa: UP041 - its old name


def test_the_code_of_a_pool_is_told_from_its_connections(look: Look) -> None:
    is_pool_code = look(load_target("redis:BlockingConnectionPool")).is_pool_code

    assert is_pool_code(redis.BlockingConnectionPool.make_connection.__code__)
    assert not is_pool_code(redis.Connection.send_packed_command.__code__)


def test_no_code_of_a_pool_for_asyncio_is_run_line_by_line(look: Look) -> None:
    is_pool_code = look(RedisInterface(build_for_asyncio)).is_pool_code

    assert not is_pool_code(redis.asyncio.BlockingConnectionPool.get_connection.__code__)


@pytest.mark.parametrize("pool", [Picky, PassesOn, Leaves])
def test_a_pool_that_chooses_its_connections_takes_no_stand_ins(
    pool: type[Picky], look: Look
) -> None:
    assert not look(RedisInterface(pool)).stand_ins


@pytest.mark.parametrize(
    "adapter", [CoredisAdapter(), SQLAlchemyAdapter()], ids=lambda adapter: type(adapter).__name__
)
def test_an_adapter_has_no_stand_ins(adapter: AnyAdapter | AnyAsyncAdapter, look: Look) -> None:
    assert not look(adapter).stand_ins


def test_where_the_user_chose_the_connections_there_are_no_stand_ins(look: Look) -> None:
    own = type("Own", (redis.Connection,), {})

    assert not look(RedisInterface(ConnectionPool), connection_class=own).stand_ins
    assert look(RedisInterface(ConnectionPool)).stand_ins


def test_the_reference_pool_for_asyncio_is_like_the_one_for_threads(look: Look) -> None:
    module = pytest.importorskip("poolproof.reference_pool.asyncio")
    twin = look(AsyncRedisInterface(module.ConnectionPool))
    pool = look(RedisInterface(ConnectionPool))

    # A loop does not go on in a child.
    assert twin.offers - COLOURS == pool.offers - COLOURS - {Capability.FORK}
    assert (twin.settings, twin.stand_ins) == (pool.settings, pool.stand_ins)


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (
            Cancels,
            "the pool could not be built and used: CancelledError: not with me; use it by hand",
        ),
        (
            lambda **arguments: redis.asyncio.Redis(host=str(arguments["host"])),
            "the target built a Redis, which has no get_connection, no release",
        ),
    ],
)
def test_a_target_that_cannot_be_driven_is_told_in_one_sentence(
    build: Callable[..., object], told: str, look: Look
) -> None:
    with pytest.raises(TargetError) as refusal:
        look(RedisInterface(build))

    assert str(refusal.value).startswith(told)
    assert "\n" not in str(refusal.value)


def test_an_argument_that_a_pool_for_asyncio_does_not_take_is_told(look: Look) -> None:
    with pytest.raises(TargetError, match=r"; leave out --set colour, which it does not take$"):
        look(load_target("redis.asyncio:BlockingConnectionPool"), colour="red")


@pytest.mark.parametrize(
    ("pool", "offered"),
    [
        (OptionsPool, {Capability.MAX_IDLE_TIME, Capability.MAX_LIFETIME}),
        (TakesDates, {Capability.MAX_LIFETIME}),
        (FailsByItsOption, {Capability.MAX_IDLE_TIME, Capability.MAX_LIFETIME}),
        (ComputesWrongly, {Capability.MAX_IDLE_TIME, Capability.MAX_LIFETIME}),
    ],
)
def test_an_option_is_ours_if_the_pool_does_not_refuse_it(
    pool: type[object],
    offered: set[Capability],
    settings: PoolSettings,
    monitor: ServerMonitor,
) -> None:
    prepared = prepare(adapter_of(pool), settings, monitor)

    assert prepared.offers & {Capability.MAX_IDLE_TIME, Capability.MAX_LIFETIME} == offered


def test_a_pool_that_cannot_be_built_with_an_option_offers_it_all_the_same(
    settings: PoolSettings, monitor: ServerMonitor
) -> None:
    prepared = prepare(adapter_of(CannotBuildWithLifetime), settings, monitor)

    assert Capability.MAX_LIFETIME in prepared.offers
    assert list(prepared.cannot_build) == [Capability.MAX_LIFETIME]


def test_what_cannot_be_judged_for_want_of_a_pool_is_told_and_not_passed(server: Server) -> None:
    judged = judge(
        adapter_of(CannotBuildWithLifetime), server, BUDGETS["quick"], clauses=["OPT-2", "SEC-1"]
    )

    assert judged.in_part
    assert judged.observed.get("OPT-2", 0) == 0
    assert judged.notes[-1].endswith("RuntimeError: no timer could be started")


def test_a_method_that_is_not_implemented_is_not_offered(
    settings: PoolSettings, monitor: ServerMonitor
) -> None:
    assert Capability.REAUTHENTICATION in prepare(adapter_of(OptionsPool), settings, monitor).offers

    prepared = prepare(adapter_of(HasYetToReauthenticate), settings, monitor)

    assert Capability.REAUTHENTICATION not in prepared.offers
