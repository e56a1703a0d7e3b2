"""What the proxy does to single connections, and that pools which take it badly are convicted of it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Literal

import pytest
from culprits.bound import LosesTheSlotOfAClosedConnection
from culprits.breakage import ForgetsTheSlotOfABrokenConnection, LooksOnlyWhenGivenBack
from culprits.breakage_async import ForgetsTheSlotOfABrokenStream, LooksOnlyWhenATaskGivesBack
from culprits.commands_async import LosesWhatItsHolderClosed
from judging import adapter_of, drivers_of

from poolproof import reference_pool
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.faults.network import socket_info
from poolproof.conformance.programs.fault_kinds import CUT_KINDS, Absence, CutKind
from poolproof.conformance.programs.operations import (
    Acquire,
    BeginOutage,
    Build,
    CutHeld,
    CutIdle,
    CutReply,
    Operation,
    Release,
    SendUnasked,
    Use,
)
from poolproof.conformance.programs.setup import BEHIND_PROXY, WITH_FAULTS, Setup
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec import CLAUSES, History
from poolproof.spec.model.events import Acquired, BytesArrived, Cut, Event, PoolConfig, Used

ASK = Acquire("A")
BRINGS = SendUnasked("A", 0)

SOUND = pytest.mark.parametrize(
    "pool",
    [reference_pool.ConnectionPool, asyncio_reference_pool.ConnectionPool],
    ids=["threads", "asyncio"],
)

IN_ALL_WAYS = pytest.mark.parametrize("how", CUT_KINDS)

Run = Callable[..., list[Event]]


@pytest.fixture
def run(server: Server, settings: PoolSettings) -> Iterator[Run]:
    """What happens when these operations are carried out on a pool of two connections."""
    monitor = ServerMonitor(server)

    def run_on(pool: type[object], setup: Setup, *operations: Operation) -> list[Event]:
        prepared = prepare(adapter_of(pool), settings, monitor)
        with closing(drivers_of(prepared)) as drivers:
            driver = drivers.new(setup, prepared.settings, monitor, look_twice=True)
            driver.run_one(Build("A", PoolConfig(2, 5.0)))
            for operation in operations:
                driver.run_one(operation)
            driver.finish()
        return driver.events

    with schedulable_threads():
        yield run_on
    monitor.close()


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
    events = run(pool, BEHIND_PROXY, ASK, ASK, *released(1, 2), BRINGS, ASK, ASK)

    first, *_ = (event.connection for event in events if isinstance(event, Acquired))
    assert [event.connection for event in events if isinstance(event, BytesArrived)] == [first]
    assert all(event.connection for event in events if isinstance(event, Acquired))
    assert broken("BRK-2", events) == []


@pytest.mark.parametrize("pool", [LooksOnlyWhenGivenBack, LooksOnlyWhenATaskGivesBack])
def test_who_looks_only_when_it_takes_back_hands_on_what_came_later(
    run: Run, pool: type[object]
) -> None:
    events = run(pool, BEHIND_PROXY, ASK, *released(1), BRINGS, ASK)

    [told] = broken("BRK-2", events)
    assert "CLIENT ID was answered with 'stray'" in told


@SOUND
def test_where_nobody_can_see_what_arrives_nothing_is_sent(
    run: Run, pool: type[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_info, "is_available", lambda: False)

    events = run(pool, BEHIND_PROXY, ASK, *released(1), BRINGS, ASK)

    assert not any(isinstance(event, BytesArrived) for event in events)


def cuts(events: list[Event]) -> list[tuple[int, bool]]:
    return [(cut.connection, cut.visible) for cut in events if isinstance(cut, Cut)]


@SOUND
@IN_ALL_WAYS
def test_however_an_idle_connection_ends_it_is_seen_and_replaced(
    run: Run, pool: type[object], how: CutKind
) -> None:
    cut = CutIdle("A", 0, how)
    events = run(pool, BEHIND_PROXY, ASK, ASK, *released(1, 2), cut, cut, cut, ASK, ASK)

    first, second, *others = (e.connection for e in events if isinstance(e, Acquired))
    assert cuts(events) == [(first, True), (second, True)]
    assert not {first, second, None} & {*others}
    assert broken("BRK-1", events) == []


@SOUND
@IN_ALL_WAYS
def test_however_a_connection_ends_in_use_its_holder_has_an_error_and_its_slot_serves_another(
    run: Run, pool: type[object], how: CutKind
) -> None:
    cut = CutHeld(1, how)
    events = run(pool, BEHIND_PROXY, ASK, ASK, cut, cut, Use(1), *released(1), ASK)

    first, _, *others = (event.connection for event in events if isinstance(event, Acquired))
    assert cuts(events) == [(first, True)]
    assert [bool(used.trouble) for used in events if isinstance(used, Used)] == [True]
    assert not {first, None} & {*others}
    assert broken("BRK-3", events) == []


@pytest.mark.parametrize("pool", [LooksOnlyWhenGivenBack, LooksOnlyWhenATaskGivesBack])
@IN_ALL_WAYS
def test_who_looks_only_when_it_takes_back_hands_out_what_has_ended_since(
    run: Run, pool: type[object], how: CutKind
) -> None:
    events = run(pool, BEHIND_PROXY, ASK, ASK, *released(1, 2), CutIdle("A", 0, how), ASK)

    assert broken("BRK-1", events)


@pytest.mark.parametrize("pool", [ForgetsTheSlotOfABrokenConnection, ForgetsTheSlotOfABrokenStream])
@IN_ALL_WAYS
def test_who_forgets_the_slot_of_what_has_broken_forgets_it_however_it_broke(
    run: Run, pool: type[object], how: CutKind
) -> None:
    events = run(pool, BEHIND_PROXY, ASK, ASK, CutHeld(1, how), *released(1, 2))

    assert broken("BRK-3", events)


@SOUND
@pytest.mark.parametrize("how", ["hung up", "half-closed", "reset"])
def test_an_outage_may_end_connections_in_several_ways(
    run: Run, pool: type[object], how: Absence
) -> None:
    away = BeginOutage(how)
    events = run(pool, WITH_FAULTS, ASK, ASK, *released(1), away, Use(2), *released(2), ASK)

    first, second, *others = (e.connection for e in events if isinstance(e, Acquired))
    assert cuts(events) == [(first, True), (second, True)]
    assert [bool(used.trouble) for used in events if isinstance(used, Used)] == [True]
    assert not {first, second, None} & {*others}
    assert broken("BRK-5", events) == []


@SOUND
@pytest.mark.parametrize("how", ["hung up", "reset"])
@pytest.mark.parametrize("after", [0, 1, 5, 1000])
def test_a_connection_that_ends_in_the_middle_of_a_reply_is_replaced(
    run: Run, pool: type[object], after: int, how: Literal["hung up", "reset"]
) -> None:
    cut = CutReply(1, after, how)
    events = run(pool, BEHIND_PROXY, ASK, ASK, ASK, cut, cut, *released(1), Use(2))

    first, _, *others = (event.connection for event in events if isinstance(event, Acquired))
    assert cuts(events) == [(first, True)]
    assert [bool(used.trouble) for used in events if isinstance(used, Used)] == [True, False]
    assert not {first, None} & {*others}
    assert broken("BRK-3", events) == []


@pytest.mark.parametrize("pool", [LosesTheSlotOfAClosedConnection, LosesWhatItsHolderClosed])
def test_who_loses_what_was_closed_when_it_is_released_loses_what_ended_in_a_reply(
    run: Run, pool: type[object]
) -> None:
    events = run(pool, BEHIND_PROXY, ASK, ASK, CutReply(1, 3, "reset"), *released(1, 2))

    assert broken("BRK-3", events)
