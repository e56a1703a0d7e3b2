"""Connections that are no good any more, are opened again, or are asked for at once: whatever a sound
pool does then, it breaks nothing.
"""

from contextlib import closing

import pytest
from judging import adapter_of, drivers_of, leaving_open_what_they_will
from sound import EVERY_SOUND_POOL

from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.breakage import (
    ASKED_FOR_AT_ONCE,
    CUT_HELD,
    CUT_IDLE,
    OPENED_AGAIN,
)
from poolproof.conformance.workloads.scenario import play
from poolproof.conformance.workloads.spoilt import SPOILT
from poolproof.spec import CLAUSES, History

SCENARIOS = (
    *((scenario, CUT_IDLE.setup) for scenario in OPENED_AGAIN),
    *((scenario, CUT_HELD.setup) for scenario in ASKED_FOR_AT_ONCE),
    *((scenario, SPOILT.setup) for scenario in SPOILT.scenarios),
)


@pytest.mark.parametrize(
    "pool", EVERY_SOUND_POOL, ids=lambda pool: f"{pool.__module__}.{pool.__name__}"
)
def test_a_sound_pool_breaks_nothing_by_it(
    pool: type, server: Server, settings: PoolSettings
) -> None:
    broken = []
    with (
        closing(ServerMonitor(server)) as monitor,
        schedulable_threads(),
        leaving_open_what_they_will(),
    ):
        prepared = prepare(adapter_of(pool), settings, monitor)
        with closing(drivers_of(prepared)) as drivers:
            for scenario, setup in SCENARIOS:
                can_be = drivers.connections_can_fail or not scenario.fails_connections
                if can_be and scenario.needs <= prepared.offers:
                    driver = drivers.new(setup, prepared.settings, monitor, look_twice=True)
                    play(driver, scenario, takes_timeout="timeout" in prepared.settings.takes)
                    history = History(tuple(driver.events))
                    broken += [
                        (scenario.name, name, judgement.broken)
                        for name, clause in CLAUSES.items()
                        for judgement in clause.judge(history)
                        if judgement.broken is not None
                    ]

    assert broken == []
