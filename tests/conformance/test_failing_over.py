"""A server that is a replica for a while: what is seen of it, who is convicted, and what is said."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import redis
from at_server import where
from culprits import SoundAsyncPool, SoundPool
from culprits.failover import ForgetsTheSlotOfWhoMetAReplica
from culprits.failover_async import ForgetsTheSlotOfATaskThatMetAReplica
from judging import Recorder, adapter_of, context_of, drivers_of, leaving_open_what_they_will
from sound import EVERY_SOUND_POOL
from sound.primary_only import PrimaryOnlyPool

from poolproof import reference_pool
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.counterexample.timeline import timeline_of
from poolproof.conformance.faults.server.admission import Admission
from poolproof.conformance.faults.server.server_faults import FaultFailed
from poolproof.conformance.programs.operations import Demote
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.written import failing_over
from poolproof.conformance.workloads.written.failing_over import fail_over
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec import CLAUSES
from poolproof.spec.model.events import Acquired, AcquireFailed, CommandReturned, Used

Judged = Callable[..., tuple[Recorder, tuple[str, ...]]]


@pytest.fixture
def admission(server: Server) -> Iterator[Admission]:
    with closing(Admission(server)) as admission:
        yield admission


@pytest.fixture
def judged(server: Server, settings: PoolSettings, admission: Admission) -> Iterator[Judged]:
    """What comes of the failing over alone, and what is told of it."""
    monitor = ServerMonitor(server)

    def fail_over_under(
        pool: type[object], *, disturbed: bool = True
    ) -> tuple[Recorder, tuple[str, ...]]:
        prepared = prepare(adapter_of(pool), settings, monitor)
        with (
            closing(drivers_of(prepared, admission if disturbed else None)) as drivers,
            leaving_open_what_they_will(),
        ):
            checker = Recorder(list(CLAUSES))
            return checker, fail_over(context_of(checker, drivers, prepared, monitor), prepared)

    with schedulable_threads():
        yield fail_over_under
    monitor.close()


def leads(server: Server) -> bool:
    with redis.Redis(**where(server)) as client:
        role: str = client.info("replication")["role"]
    return role == "master"


LENDING_ALL_THE_TIME = [pool for pool in EVERY_SOUND_POOL if pool is not PrimaryOnlyPool]


@pytest.mark.parametrize("pool", LENDING_ALL_THE_TIME, ids=lambda pool: f"{pool.__module__}")
def test_writers_are_refused_and_all_slots_serve_all_the_time(
    judged: Judged, pool: type[object], server: Server
) -> None:
    checker, told = judged(pool)

    assert told == ()
    assert checker.violations == {}
    assert checker.observed["BND-3"] == 2
    [events] = checker.histories
    used = [event for event in events if isinstance(event, Used)]
    assert len(used) == 2
    assert all("ReadOnlyError" in event.refusal and not event.trouble for event in used)
    commands = [event.error for event in events if isinstance(event, CommandReturned)]
    assert len(commands) == 3
    assert all(error and error.type_name.endswith("ReadOnlyError") for error in commands)
    assert len([event for event in events if isinstance(event, Acquired)]) == 6
    assert not [event for event in events if isinstance(event, AcquireFailed)]
    assert leads(server)


def test_a_pool_may_lend_nothing_while_the_server_is_a_replica(judged: Judged) -> None:
    checker, told = judged(PrimaryOnlyPool)

    assert told == ()
    assert checker.histories == ()


@pytest.mark.parametrize(
    "culprit", [ForgetsTheSlotOfWhoMetAReplica, ForgetsTheSlotOfATaskThatMetAReplica]
)
@pytest.mark.parametrize("by_holders", [True, False], ids=["by holders", "by a client"])
def test_a_pool_that_loses_what_was_refused_is_convicted(
    judged: Judged,
    culprit: type[SoundPool | SoundAsyncPool],
    by_holders: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if by_holders:
        monkeypatch.setattr(failing_over, "BY_A_CLIENT", ())
    else:
        ask, give = failing_over.BY_HOLDERS[:2], failing_over.BY_HOLDERS[-2:]
        monkeypatch.setattr(failing_over, "BY_HOLDERS", (*ask, Demote(), *give))

    checker, _ = judged(culprit)

    assert "BND-3" in checker.violations
    assert set(checker.violations) <= {"BND-3", "PRG-1", "RET-1", "TMO-1"}


@pytest.mark.parametrize(
    "pool",
    [reference_pool.ConnectionPool, asyncio_reference_pool.ConnectionPool],
    ids=["threads", "asyncio"],
)
def test_it_is_told_that_a_replica_refused(judged: Judged, pool: type[object]) -> None:
    checker, _ = judged(pool)

    told = [row.text for row in timeline_of(checker.histories[-1], short=False).rows]

    assert len([text for text in told if "read only replica" in text]) == 5


def test_a_server_that_is_not_to_be_disturbed_leads_on(judged: Judged) -> None:
    checker, told = judged(SoundPool, disturbed=False)

    assert (told, checker.programs) == ((), 0)


def test_a_server_that_cannot_fail_over_is_said_to_be_one(
    judged: Judged, admission: Admission, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Admission) -> None:
        raise FaultFailed("the server does not do 'REPLICAOF'")

    monkeypatch.setattr(Admission, "refuse_writes", refuse)

    checker, told = judged(SoundPool)

    assert told == ("the server did not fail over: the server does not do 'REPLICAOF'",)
    assert checker.programs == 0


def test_a_program_that_breaks_off_leaves_no_replica_behind(
    judged: Judged, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failing_over, "BY_A_CLIENT", (object(),))

    with pytest.raises(AssertionError, match="carry out"):
        judged(SoundPool)

    assert leads(server)


def test_a_server_that_was_left_a_replica_leads_when_the_next_check_comes(server: Server) -> None:
    with redis.Redis(**where(server)) as client:
        client.execute_command("REPLICAOF", "127.0.0.1", "1")

    with closing(Admission(server)):
        assert leads(server)
