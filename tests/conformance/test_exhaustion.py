"""The exhaustive search says how far it went, and never that it went everywhere when it did not."""

import re

import pytest
from culprits import SoundAsyncPool, SoundPool
from judging import drivers_of

from poolproof.conformance import exhaustion
from poolproof.conformance.adapter import AsyncRedisInterface, RedisInterface
from poolproof.conformance.court import Court
from poolproof.conformance.exhaustion import Depth, search
from poolproof.conformance.preparation import prepare
from poolproof.conformance.scheduler import install
from poolproof.conformance.server import Server
from poolproof.conformance.settings import PoolSettings
from poolproof.conformance.witness import Witness

NO_PREEMPTIONS = Depth(preemptions=0, limit_s=120)


def told_of(pool: type[SoundPool | SoundAsyncPool], server: Server) -> tuple[str, ...]:
    """What a search with all the time that it needs tells of a sound pool."""
    witness = Witness(server)
    settings = PoolSettings(server.host, server.port, server.db, client_name="poolproof-search")
    adapter = AsyncRedisInterface(pool) if pool is SoundAsyncPool else RedisInterface(pool)
    prepared = prepare(adapter, settings, witness)
    drivers = drivers_of(prepared)
    court = Court(drivers, prepared.settings, witness, ["BND-1"], lambda: None, limit_s=300)
    with install():
        told = search(court, prepared, NO_PREEMPTIONS)
    witness.close()
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
