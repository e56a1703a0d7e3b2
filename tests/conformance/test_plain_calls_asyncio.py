"""The plain calls treat a pool of asyncio like one for threads, and its faults are seen."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from secrets import token_hex

import pytest
import redis.asyncio
from redis._parsers import Encoder
from redis.asyncio.connection import AbstractConnection

from poolproof.conformance.adapters.load import load_target
from poolproof.conformance.adapters.probe import Prepared, prepare
from poolproof.conformance.adapters.redis_interface import AsyncRedisInterface
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.written import make_plain_calls
from poolproof.conformance.workloads.written.client_features import FEATURES
from poolproof.conformance.workloads.written.client_tour import tour_of_the_client
from poolproof.spec import CLAUSES, History
from poolproof.spec.model.events import ArgumentTried, Event, FeatureTried, Shown

ASYNCIO = [
    "redis.asyncio:ConnectionPool",
    "redis.asyncio:BlockingConnectionPool",
    "valkey.asyncio:ConnectionPool",
    "valkey.asyncio:BlockingConnectionPool",
    "poolproof.reference_pool.asyncio:ConnectionPool",
]
TOUR = [*FEATURES, "the return of every connection"]
NAME = "poolproof-trial"


@pytest.fixture
def monitor(server: Server) -> Iterator[ServerMonitor]:
    monitor = ServerMonitor(server)
    yield monitor
    assert not monitor.settled_connections({"": NAME}, {"": 0})[""]
    monitor.close()


@pytest.fixture
def settings(server: Server) -> PoolSettings:
    return PoolSettings(server.host, server.port, server.db, client_name=NAME)


@pytest.fixture
def tried(server: Server, settings: PoolSettings, monitor: ServerMonitor) -> "Tried":
    def prepared(build: Callable[..., object] | str) -> Prepared:
        if build == ASYNCIO[-1]:
            pytest.importorskip("poolproof.reference_pool.asyncio")
        adapter = load_target(build) if isinstance(build, str) else AsyncRedisInterface(build)
        return prepare(adapter, settings, monitor)

    def try_it(build: Callable[..., object] | str) -> list[Event]:
        calls = make_plain_calls(prepared(build), server, monitor, lambda: None)
        return [event for events in calls for event in events]

    return try_it


Tried = Callable[[Callable[..., object] | str], list[Event]]


def test_senseless_arguments_are_tried_only_where_a_clause_about_them_is_asked_for(
    server: Server, settings: PoolSettings, monitor: ServerMonitor
) -> None:
    prepared = prepare(load_target(ASYNCIO[0]), settings, monitor)

    calls = make_plain_calls(prepared, server, monitor, lambda: None, ["BRK-6"])

    assert not [event for events in calls for event in events if isinstance(event, ArgumentTried)]


def broken(events: list[Event], clause: str) -> list[str]:
    """What breaks the clause."""
    judgements = CLAUSES[clause].judge(History(tuple(events)))
    return [judgement.broken for judgement in judgements if judgement.broken is not None]


def features(events: list[Event]) -> dict[str, str]:
    return {event.feature: event.trouble for event in events if isinstance(event, FeatureTried)}


def accepted(events: list[Event]) -> set[tuple[str, str]]:
    tries = [event for event in events if isinstance(event, ArgumentTried)]
    return {(tried.argument, tried.value) for tried in tries if tried.refused is None}


class AsyncioPool(redis.asyncio.BlockingConnectionPool):
    """What the sinners are made from."""

    async def usual_connection(self) -> AbstractConnection:
        get_connection: Callable[[], Awaitable[AbstractConnection]] = super().get_connection
        return await get_connection()


class LosesAConnection(AsyncioPool):
    """Does not take back the sixth connection."""

    releases = 0

    async def release(self, connection: AbstractConnection) -> None:
        self.releases += 1
        if self.releases != 6:
            await super().release(connection)


class CannotEncode(AsyncioPool):
    """Lacks a method that the client needs."""

    def get_encoder(self) -> Encoder:
        raise NotImplementedError("get_encoder")


class IsBoundToItsLoop(AsyncioPool):
    """Is used on the loop that it was built on, or not at all."""

    def __init__(self, **arguments: object) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]  # passed on
        self.loop = asyncio.get_running_loop()

    async def get_connection(self, *_: object, **__: object) -> AbstractConnection:
        assert asyncio.get_running_loop() is self.loop
        return await self.usual_connection()

    async def release(self, connection: AbstractConnection) -> None:
        assert asyncio.get_running_loop() is self.loop
        await super().release(connection)


class HoldsUpItsLoop(AsyncioPool):
    """Works in no child, and blocks its thread if it is to have no connection at all."""

    go_on = threading.Event()
    process = os.getpid()

    def __init__(self, *, max_connections: int, **arguments: object) -> None:
        if max_connections == 0 or os.getpid() != self.process:
            self.go_on.wait()
        super().__init__(max_connections, **arguments)  # type: ignore[arg-type]  # passed on


class IsCancelled(AsyncioPool):
    """Raises what is raised in a task that was cancelled."""

    async def get_connection(self, *_: object, **__: object) -> AbstractConnection:
        if self.max_connections > 1:
            raise asyncio.CancelledError("not by the caller")
        return await self.usual_connection()


class PrintsItsPassword(AsyncioPool):
    """Shows all it was built with."""

    def __repr__(self) -> str:
        return f"PrintsItsPassword({self.connection_kwargs})"


class RaisesItsPassword(AsyncioPool):
    """Explains an exhausted pool by what it was built with."""

    async def get_connection(self, *_: object, **__: object) -> AbstractConnection:
        try:
            return await self.usual_connection()
        except redis.ConnectionError as error:
            raise type(error)(f"{error}: {self.connection_kwargs}") from error


@pytest.mark.parametrize("target", ASYNCIO)
def test_every_feature_of_the_client_works(target: str, tried: Tried) -> None:
    assert features(tried(target)) == dict.fromkeys(TOUR, "")


@pytest.mark.parametrize("target", ASYNCIO)
def test_credentials_are_looked_for_in_what_is_printed(target: str, tried: Tried) -> None:
    events = tried(target)

    shown = {event.what for event in events if isinstance(event, Shown)}
    assert {
        "the error of an acquire with credentials that the server refuses",
        "the error of an acquire with a server that cannot be reached",
        "the error of a further acquire while all connections are in use",
        "the repr of the pool while all connections are in use",
    } <= shown
    assert broken(events, "SEC-1") == []


@pytest.mark.parametrize(
    ("target", "senseless"),
    [
        ("redis.asyncio:ConnectionPool", {("max_connections", "0"), ("max_connections", "True")}),
        ("valkey.asyncio:BlockingConnectionPool", {("timeout", "-1"), ("timeout", "nan")}),
    ],
)
def test_senseless_arguments_that_were_accepted_by_hand_are_accepted_here(
    target: str, senseless: set[tuple[str, str]], tried: Tried
) -> None:
    now = accepted(tried(target))

    assert senseless <= now
    assert not {("max_connections", "-1"), ("max_connections", "'10'"), ("timeout", "'10'")} & now


@pytest.mark.parametrize("target", ASYNCIO[-1:])
def test_the_reference_pool_accepts_nothing_senseless(target: str, tried: Tried) -> None:
    assert accepted(tried(target)) == set()


def test_a_pool_that_the_client_cannot_use_is_convicted(tried: Tried) -> None:
    told = broken(tried(CannotEncode), "API-1")

    assert "pub/sub: NotImplementedError: get_encoder" in told
    assert all(sentence.endswith(": NotImplementedError: get_encoder") for sentence in told)


def test_a_pool_that_does_not_get_a_connection_back_is_convicted(tried: Tried) -> None:
    [told] = broken(tried(LosesAConnection), "API-1")

    assert told == (
        "the return of every connection: FeatureFailed: the pool had 3 connections to hand out "
        "before the tour and 2 after"
    )


@pytest.mark.parametrize("pool", [PrintsItsPassword, RaisesItsPassword])
def test_a_pool_that_shows_credentials_is_convicted(
    pool: Callable[..., object], tried: Tried
) -> None:
    assert broken(tried(pool), "SEC-1")


def test_a_pool_is_used_on_one_loop(tried: Tried) -> None:
    assert features(tried(IsBoundToItsLoop)) == dict.fromkeys(TOUR, "")


def test_a_cancellation_that_nobody_asked_for_is_told_like_an_error(tried: Tried) -> None:
    told = features(tried(IsCancelled))

    assert told["commands"] == "CancelledError: not by the caller"


def test_a_pool_that_holds_up_its_loop_spoils_no_other_trial(tried: Tried) -> None:
    try:
        events = tried(HoldsUpItsLoop)
    finally:
        HoldsUpItsLoop.go_on.set()

    hung = [event for event in events if isinstance(event, ArgumentTried) and not event.returned]
    assert [(event.argument, event.value) for event in hung] == [("max_connections", "0")]
    assert features(events) == dict.fromkeys(TOUR, "")


@pytest.mark.parametrize("target", ["redis:ConnectionPool", "redis.asyncio:ConnectionPool"])
def test_what_the_client_may_not_do_on_its_own_pool_is_asked_of_no_other(
    target: str, settings: PoolSettings, monitor: ServerMonitor
) -> None:
    user = f"user-{token_hex(8)}"
    monitor.ask("ACL", "SETUSER", user, "on", ">pass", "~*", "&*", "+@all", "-@scripting")
    try:
        allowed = replace(settings, username=user, password="pass")
        prepared = prepare(load_target(target), allowed, monitor)
        [events] = tour_of_the_client(prepared, lambda: None)
    finally:
        monitor.ask("ACL", "DELUSER", user)

    # A lock is released by a script.
    assert features(list(events)) == dict.fromkeys(set(TOUR) - {"a script", "a lock"}, "")
