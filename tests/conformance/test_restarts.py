"""A server that ends and comes back: what is seen of it, who is convicted by it, and what is said."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import pytest
from culprits import SoundAsyncPool, SoundPool, outage, outage_async
from judging import Recorder, adapter_of, context_of, drivers_of

from poolproof import reference_pool
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.server import Server, child
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.written.restarts import restart
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec.model.events import Acquired, AcquireFailed, Cut, Event, Outage, OutageOver

Restarted = Callable[[type[object]], tuple[Recorder, tuple[str, ...]]]


@pytest.fixture
def restarted(server: Server, settings: PoolSettings) -> Iterator[Restarted]:
    """What comes of the restarts alone, and what is told of them."""
    monitor = ServerMonitor(server)

    def restart_under(pool: type[object]) -> tuple[Recorder, tuple[str, ...]]:
        prepared = prepare(adapter_of(pool), settings, monitor)
        with closing(drivers_of(prepared)) as drivers:
            checker = Recorder(["BRK-5"])
            return checker, restart(context_of(checker, drivers, prepared, monitor), prepared)

    with schedulable_threads():
        yield restart_under
    monitor.close()


@pytest.mark.parametrize(
    "pool",
    [reference_pool.ConnectionPool, asyncio_reference_pool.ConnectionPool],
    ids=["threads", "asyncio"],
)
def test_all_is_cut_nobody_connects_and_then_all_slots_serve_again(
    restarted: Restarted, pool: type[object]
) -> None:
    checker, told = restarted(pool)

    assert told == ()
    assert len(checker.histories) == 2
    for events in checker.histories:
        [away] = [at for at, event in enumerate(events) if isinstance(event, Outage)]
        [over] = [at for at, event in enumerate(events) if isinstance(event, OutageOver)]
        before = numbers(events[:away])
        assert {event.connection for event in events if isinstance(event, Cut)} == before
        assert all(event.visible for event in events if isinstance(event, Cut))
        assert [event for event in events[away:over] if isinstance(event, AcquireFailed)]
        assert not [event for event in events[over:] if isinstance(event, AcquireFailed)]
        after = numbers(events[over:])
        assert len(after) == 2
        assert not after & before


def numbers(events: Sequence[Event]) -> set[int | None]:
    return {event.connection for event in events if isinstance(event, Acquired)}


@pytest.mark.parametrize(
    "culprit", [outage.LosesWhatCannotBeOpenedAgain, outage_async.LosesWhatCannotBeReplaced]
)
def test_a_pool_that_loses_what_it_cannot_replace_is_convicted_by_a_restart(
    restarted: Restarted, culprit: type[SoundPool | SoundAsyncPool]
) -> None:
    checker, _ = restarted(culprit)

    assert set(checker.violations) == {"BRK-5"}


def test_where_no_server_can_be_started_that_is_said(
    restarted: Restarted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "programs", lambda: [(None, "no server program")])

    checker, told = restarted(SoundPool)

    assert told == ("the server was not restarted under the pool: no server program",)
    assert checker.programs == 0
