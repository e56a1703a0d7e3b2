"""What the proxy does to single connections, and that pools which take it badly are convicted of it."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from culprits.breakage import LooksOnlyWhenGivenBack
from culprits.breakage_async import LooksOnlyWhenATaskGivesBack
from judging import adapter_of, drivers_of

from poolproof import reference_pool
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.network import ends
from poolproof.conformance.preparation import prepare
from poolproof.conformance.program import Acquire, Build, Operation, Release, SendUnasked
from poolproof.conformance.server import Server
from poolproof.conformance.settings import PoolSettings
from poolproof.conformance.themes import Theme
from poolproof.conformance.witness import Witness
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec import CLAUSES, History
from poolproof.spec.events import Acquired, BytesArrived, Event, Terms

ASK = Acquire("A")
BRINGS = SendUnasked("A", 0)

SOUND = pytest.mark.parametrize(
    "pool",
    [reference_pool.ConnectionPool, asyncio_reference_pool.ConnectionPool],
    ids=["threads", "asyncio"],
)

Run = Callable[..., list[Event]]


@pytest.fixture
def run(server: Server, settings: PoolSettings) -> Iterator[Run]:
    """What happens when these operations are carried out on a pool of two connections."""
    witness = Witness(server)

    def run_on(pool: type[object], theme: Theme, *operations: Operation) -> list[Event]:
        prepared = prepare(adapter_of(pool), settings, witness)
        with closing(drivers_of(prepared)) as drivers:
            driver = drivers.new(theme, prepared.settings, witness, look_twice=True)
            driver.run_one(Build("A", Terms(2, 5.0)))
            for operation in operations:
                driver.run_one(operation)
            driver.finish()
        return driver.events

    with schedulable_threads():
        yield run_on
    witness.close()


def broken(clause: str, events: list[Event]) -> list[str]:
    """How this clause is broken."""
    judgements = CLAUSES[clause].judge(History(tuple(events)))
    return [judgement.broken for judgement in judgements if judgement.broken]


def released(*acquires: int) -> list[Operation]:
    return [Release(acquire, "A") for acquire in acquires]


@SOUND
def test_what_nobody_asked_for_arrives_and_whoever_looks_gives_it_to_nobody(
    run: Run, pool: type[object]
) -> None:
    events = run(pool, Theme.UNREAD, ASK, ASK, *released(1, 2), BRINGS, ASK, ASK)

    first, *_ = (event.connection for event in events if isinstance(event, Acquired))
    assert [event.connection for event in events if isinstance(event, BytesArrived)] == [first]
    assert all(event.connection for event in events if isinstance(event, Acquired))
    assert broken("BRK-2", events) == []


@pytest.mark.parametrize("pool", [LooksOnlyWhenGivenBack, LooksOnlyWhenATaskGivesBack])
def test_who_looks_only_when_it_takes_back_hands_on_what_came_later(
    run: Run, pool: type[object]
) -> None:
    events = run(pool, Theme.UNREAD, ASK, *released(1), BRINGS, ASK)

    [told] = broken("BRK-2", events)
    assert "CLIENT ID was answered with 'stray'" in told


@SOUND
def test_where_nobody_can_see_what_arrives_nothing_is_sent(
    run: Run, pool: type[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends, "can_be_seen", lambda: False)

    events = run(pool, Theme.UNREAD, ASK, *released(1), BRINGS, ASK)

    assert not any(isinstance(event, BytesArrived) for event in events)
