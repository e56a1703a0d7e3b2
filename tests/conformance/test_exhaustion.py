"""The exhaustive search says how far it went, and never that it went everywhere when it did not."""

import re
from contextlib import closing

import pytest
from culprits import SoundAsyncPool, SoundPool, breakage, breakage_async
from judging import adapter_of, context_of, drivers_of

from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.redis_interface import AsyncRedisInterface, RedisInterface
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.checker import Checker
from poolproof.conformance.engines.threads import install
from poolproof.conformance.faults.server.admission import Admission
from poolproof.conformance.search import exhaustion
from poolproof.conformance.search.budget import Depth
from poolproof.conformance.search.exhaustion import search
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.context import TimeLimit
from poolproof.conformance.workloads.registry import WORKLOADS
from poolproof.conformance.workloads.written import show_out_the_idle
from poolproof.spec.model.events import Cut

NO_PREEMPTIONS = Depth(preemptions=0, limit_s=120)


def told_of(pool: type[SoundPool | SoundAsyncPool], server: Server) -> tuple[str, ...]:
    """What a search with all the time that it needs tells of a sound pool."""
    monitor = ServerMonitor(server)
    settings = PoolSettings(server.host, server.port, server.db, client_name="poolproof-search")
    adapter = AsyncRedisInterface(pool) if pool is SoundAsyncPool else RedisInterface(pool)
    prepared = prepare(adapter, settings, monitor)
    drivers = drivers_of(prepared)
    context = context_of(Checker(["BND-1"]), drivers, prepared, monitor, TimeLimit(300))
    with install():
        told = search(context, prepared, WORKLOADS, NO_PREEMPTIONS)
    monitor.close()
    return told


@pytest.mark.parametrize(
    ("pool", "everywhere", "in_part"),
    [
        (
            SoundPool,
            r"releases were tried at all \d+ points inside small scenarios",
            r"releases were tried at 10 points inside small scenarios, the first 2 of each",
        ),
        (
            SoundAsyncPool,
            r"cancellations were tried at all \d+ suspensions of small scenarios",
            r"cancellations were tried at \d suspensions of small scenarios, the first 2 of each",
        ),
    ],
    ids=["threads", "asyncio"],
)
def test_it_says_whether_it_tried_every_point(
    pool: type[SoundPool | SoundAsyncPool],
    everywhere: str,
    in_part: str,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert re.fullmatch(everywhere, told_of(pool, server)[-1])

    monkeypatch.setattr(exhaustion, "MOST_POINTS", 2)
    assert re.fullmatch(in_part, told_of(pool, server)[-1])


@pytest.mark.parametrize(
    "culprit", [breakage.LooksOnlyWhenGivenBack, breakage_async.LooksOnlyWhenATaskGivesBack]
)
def test_who_does_not_look_is_convicted_by_what_the_server_closes_by_itself(
    culprit: type[SoundPool | SoundAsyncPool], server: Server, settings: PoolSettings
) -> None:
    monitor = ServerMonitor(server)
    with closing(Admission(server)) as admission, install():
        prepared = prepare(adapter_of(culprit), settings, monitor)
        with closing(drivers_of(prepared, admission)) as drivers:
            checker = Checker(["BRK-1"])
            show_out_the_idle(context_of(checker, drivers, prepared, monitor))
    monitor.close()

    cuts = [event for event in checker.violations["BRK-1"].events if isinstance(event, Cut)]
    assert [cut.how for cut in cuts] == ["the server's own timeout for who is idle"] * 2
