"""Which clock a pool goes by is found out before it is judged by ours."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import redis
from culprits.options import ForgetsHowLongItWasIdle, OpensNothingInAdvance, OptionsPool
from culprits.options_async import OpensNothingBeforeATaskAsks, OptionsAsyncPool
from judging import adapter_of, drivers_of
from sound.reaping import ReapingPool

from poolproof.conformance.adapters.clock_probe import goes_by_another_clock
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.callers.playing import play_through
from poolproof.conformance.engines.threads import install
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.ageing import MAX_IDLE_TIME, MAX_LIFETIME, MIN_IDLE
from poolproof.conformance.workloads.workload import Workload

NAME = "poolproof-ageing"


class GoesByTheCalendar(OptionsPool):
    """Looks at a clock that no program can set."""

    def put_back(self, connection: redis.Connection) -> None:
        self.back_since = datetime.now(UTC)
        super().put_back(connection)

    def was_idle_too_long(self, connection: redis.Connection) -> bool:
        limit = self.max_idle_time
        return limit is not None and datetime.now(UTC) - self.back_since > timedelta(seconds=limit)


class FillsByTheCalendar(ReapingPool):
    """Opens what is to be open a second after it was built, by a clock that no program can set."""

    def prepare(self) -> None:
        super().prepare()
        self.built_at = datetime.now(UTC)

    def reap(self, pause_s: float) -> None:
        super().reap(0.2)

    def fill_up(self) -> None:
        if datetime.now(UTC) - self.built_at > timedelta(seconds=1):
            super().fill_up()


def settings_at(server: Server) -> PoolSettings:
    return PoolSettings(server.host, server.port, server.db, client_name=NAME)


@pytest.mark.parametrize(
    ("pool", "workload", "another"),
    [
        (GoesByTheCalendar, MAX_IDLE_TIME, True),
        (ForgetsHowLongItWasIdle, MAX_IDLE_TIME, False),
        (OptionsPool, MAX_IDLE_TIME, False),
        (OptionsPool, MAX_LIFETIME, False),
        (OptionsAsyncPool, MAX_IDLE_TIME, False),
        (OptionsAsyncPool, MAX_LIFETIME, False),
        (FillsByTheCalendar, MIN_IDLE, True),
        (OpensNothingInAdvance, MIN_IDLE, False),
        (OpensNothingBeforeATaskAsks, MIN_IDLE, False),
        (ReapingPool, MIN_IDLE, False),
    ],
)
def test_a_pool_goes_by_another_clock_if_it_keeps_to_it_in_real_time_only(
    pool: type[object], workload: Workload, another: bool, server: Server, monitor: ServerMonitor
) -> None:
    prepared = prepare(adapter_of(pool), settings_at(server), monitor)
    config = workload.config(4, takes_timeout=True)
    with install():
        drivers = drivers_of(prepared)
        driver = drivers.new(workload.setup, prepared.settings, monitor, look_twice=True)

        assert goes_by_another_clock(partial(play_through, driver), prepared, config) is another
