"""What workloads bring, and what clauses speak of: together they say which programs `--only` runs."""

from collections.abc import Sequence
from contextlib import closing

import pytest
from culprits import SoundAsyncPool, SoundPool
from judging import Recorder, adapter_of, context_of, drivers_of
from sound import ASYNC_SOUND_POOLS, SOUND_POOLS

from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.engines.threads import install
from poolproof.conformance.faults.server.admission import Admission
from poolproof.conformance.search.budget import BUDGETS
from poolproof.conformance.search.campaign import run_campaign
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.context import TimeLimit
from poolproof.conformance.workloads.registry import WORKLOADS, workloads_for
from poolproof.conformance.workloads.workload import Workload
from poolproof.spec import CLAUSES, History
from poolproof.spec.model.events import ArgumentTried, FeatureTried, Forked, Shown
from poolproof.spec.model.occurrences import Occurrence

ALL_OPTIONS = ("OptionsPool", "OptionsAsyncPool")
POOLS = [pool for pool in (*SOUND_POOLS, *ASYNC_SOUND_POOLS) if pool.__name__ in ALL_OPTIONS]


def occurrences_in(
    workload: Workload,
    pool: type[SoundPool | SoundAsyncPool],
    server: Server,
    settings: PoolSettings,
) -> frozenset[Occurrence]:
    """What occurs in a few programs of a workload, of which some clauses speak alone."""
    with (
        closing(ServerMonitor(server)) as monitor,
        closing(Admission(server)) as admission,
        install(),
    ):
        prepared = prepare(adapter_of(pool), settings, monitor)
        recorder = Recorder(list(CLAUSES))
        with closing(drivers_of(prepared, admission)) as drivers:
            context = context_of(recorder, drivers, prepared, monitor, TimeLimit(300))
            suits = workloads_for(prepared.settings.takes, prepared.offers)
            if workload in suits:
                run_campaign(context, [workload], BUDGETS["quick"], 0)
    found: set[Occurrence] = set()
    for events in recorder.histories:
        found |= History(tuple(events)).occurrences
    return frozenset(found)


@pytest.mark.parametrize("pool", POOLS, ids=ALL_OPTIONS)
@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.about)
def test_a_workload_brings_nothing_that_it_does_not_name(
    workload: Workload,
    pool: type[SoundPool | SoundAsyncPool],
    server: Server,
    settings: PoolSettings,
) -> None:
    spoken_of = frozenset().union(*(clause.speaks_of for clause in CLAUSES.values()))

    found = occurrences_in(workload, pool, server, settings)

    assert found & spoken_of <= workload.occurrences


@pytest.mark.parametrize("name", CLAUSES)
def test_every_clause_can_be_decided_by_something(name: str) -> None:
    brought: Sequence[Occurrence] = [
        each for workload in WORKLOADS for each in workload.occurrences
    ]
    written = {ArgumentTried, FeatureTried, Shown, Forked}

    assert CLAUSES[name].can_be_decided_by({*brought, *written})
