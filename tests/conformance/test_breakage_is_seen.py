"""What is done to a connection is seen at its pool's end before anybody is judged by it.

The reference pools look at their sockets at each acquire, and nowhere else. So they would hand out what
is dead, or not theirs to read, if it came a moment later.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest
from judging import drivers_of

from poolproof.conformance.adapters.load import load_target
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.callers.driver import Driver
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.engines.choice import Drivers
from poolproof.conformance.faults.network import Proxy, socket_info
from poolproof.conformance.faults.server.admission import Admission
from poolproof.conformance.programs.operations import (
    Acquire,
    Build,
    CutHeld,
    CutIdle,
    LeaveUnread,
    Operation,
    Release,
    TimeOutIdle,
    Use,
)
from poolproof.conformance.programs.setup import BEHIND_PROXY
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.spec import CLAUSES, History
from poolproof.spec.model.events import (
    Acquired,
    BytesArrived,
    Cut,
    Event,
    LeftUnread,
    PoolConfig,
    Used,
)

TIMES = 10


@pytest.fixture(
    params=["poolproof.reference_pool", "poolproof.reference_pool.asyncio"],
    ids=["threads", "asyncio"],
)
def drivers(
    request: pytest.FixtureRequest,
    settings: PoolSettings,
    monitor: ServerMonitor,
    admission: Admission,
) -> Iterator[Drivers]:
    target: str = request.param
    with schedulable_threads():
        prepared = prepare(load_target(f"{target}:ConnectionPool"), settings, monitor)
        yield drivers_of(prepared, admission)


@pytest.fixture
def admission(server: Server) -> Iterator[Admission]:
    with closing(Admission(server)) as admission:
        yield admission


@pytest.fixture
def monitor(server: Server) -> Iterator[ServerMonitor]:
    monitor = ServerMonitor(server)
    yield monitor
    monitor.close()


@pytest.fixture(params=["directly", "through something"])
def driver(
    request: pytest.FixtureRequest,
    drivers: Drivers,
    settings: PoolSettings,
    monitor: ServerMonitor,
) -> Iterator[Driver]:
    """Between the pools and the server may be what makes addresses others, and takes its time."""
    how: str = request.param
    with ExitStack() as afterwards:
        if how == "through something":
            proxy = Proxy(settings.host, settings.port)
            afterwards.callback(proxy.close)
            settings = replace(settings, host=proxy.host, port=proxy.port)
        driver = drivers.new(BEHIND_PROXY, settings, monitor, look_twice=False)
        afterwards.callback(driver.finish)
        yield driver


def run(driver: Driver, *operations: Operation) -> list[Event]:
    """What happens at these operations, one after another."""
    began = len(driver.events)
    for operation in operations:
        driver.run_one(operation)
    return driver.events[began:]


def acquired(events: list[Event]) -> list[int | None]:
    return [event.connection for event in events if isinstance(event, Acquired)]


def holder(driver: Driver) -> int:
    [acquire] = driver.holding
    return acquire


def test_connections_that_the_server_closed_by_its_own_timeout_are_seen_to_be(
    driver: Driver,
) -> None:
    run(driver, Build("A", PoolConfig(2, 5.0)))
    before = acquired(run(driver, Acquire("A"), Acquire("A")))
    for acquire in [*driver.holding]:
        run(driver, Release(acquire, "A"))

    cuts = [event for event in run(driver, TimeOutIdle()) if isinstance(event, Cut)]

    assert [(cut.connection, cut.visible) for cut in cuts] == [(number, True) for number in before]
    after = acquired(run(driver, Acquire("A"), Acquire("A")))
    assert None not in after
    assert not {*after} & {*before}


def test_an_idle_connection_that_was_cut_is_seen_to_be(driver: Driver) -> None:
    run(driver, Build("A", PoolConfig(1, 5.0)))
    numbers = []
    for _ in range(TIMES):
        numbers += acquired(run(driver, Acquire("A")))
        [cut] = [
            event
            for event in run(driver, Release(holder(driver), "A"), CutIdle("A", 0))
            if isinstance(event, Cut)
        ]
        assert (cut.connection, cut.visible) == (numbers[-1], True)
    assert None not in numbers
    assert len(set(numbers)) == TIMES


def test_the_one_that_has_been_idle_longest_is_cut_first(driver: Driver) -> None:
    run(driver, Build("A", PoolConfig(2, 5.0)))
    first, second = acquired(run(driver, Acquire("A"), Acquire("A")))
    one, other = driver.holding
    run(driver, Release(other, "A"), Release(one, "A"))
    cuts = run(driver, CutIdle("A", 0), CutIdle("A", 0), CutIdle("A", 0))
    assert [cut.connection for cut in cuts if isinstance(cut, Cut)] == [second, first]


@pytest.mark.parametrize("notices", [True, False])
def test_a_connection_that_was_cut_in_use_is_seen_to_be(driver: Driver, notices: bool) -> None:
    run(driver, Build("A", PoolConfig(1, 5.0)))
    numbers = []
    for _ in range(TIMES):
        numbers += acquired(run(driver, Acquire("A")))
        acquire = holder(driver)
        use = (Use(acquire),) if notices else ()
        events = run(driver, CutHeld(acquire), CutHeld(acquire), *use, Release(acquire, "A"))
        assert [(cut.connection, cut.visible) for cut in events if isinstance(cut, Cut)] == [
            (numbers[-1], True)
        ]
        assert [bool(used.trouble) for used in events if isinstance(used, Used)] == [True] * notices
    assert None not in numbers
    assert len(set(numbers)) == TIMES


def test_a_reply_that_is_left_unread_has_arrived(driver: Driver) -> None:
    run(driver, Build("A", PoolConfig(1, 5.0)))
    numbers = []
    for _ in range(TIMES):
        numbers += acquired(run(driver, Acquire("A")))
        acquire = holder(driver)
        left, arrived, *_ = run(driver, LeaveUnread(acquire))
        assert isinstance(left, LeftUnread)
        assert isinstance(arrived, BytesArrived)
        assert arrived.connection == numbers[-1]
        run(driver, Release(acquire, "A"))
    assert None not in numbers
    assert len(set(numbers)) == TIMES


def test_what_is_not_there_in_time_is_not_said_to_be_seen(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_info.PoolSockets, "await_that", lambda *_: False)
    run(driver, Build("A", PoolConfig(2, 5.0)), Acquire("A"), Acquire("A"))
    one, other = driver.holding
    events = run(driver, LeaveUnread(one), CutHeld(other))
    assert not any(isinstance(event, BytesArrived) for event in events)
    assert [cut.visible for cut in events if isinstance(cut, Cut)] == [False]


def test_where_sockets_say_nothing_nobody_is_judged_by_what_they_show(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_info, "is_available", lambda: False)
    run(driver, Build("A", PoolConfig(2, 5.0)), Acquire("A"), Acquire("A"))
    one, other = driver.holding
    run(driver, LeaveUnread(one), CutHeld(other))
    for acquire in (one, other):
        run(driver, Release(acquire, "A"))
    run(driver, TimeOutIdle(), Acquire("A"), Acquire("A"))
    for acquire in [*driver.holding]:
        run(driver, Release(acquire, "A"))
    run(driver, CutIdle("A", 0), Acquire("A"), Acquire("A"))
    assert not any(isinstance(event, BytesArrived) for event in driver.events)
    cuts = [event for event in driver.events if isinstance(event, Cut)]
    assert len(cuts) >= 2
    assert not any(cut.visible for cut in cuts)


@pytest.mark.parametrize("sockets_show_it", [True, False])
def test_only_where_sockets_show_an_end_a_pool_is_judged_by_how_it_goes_on(
    driver: Driver, sockets_show_it: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not sockets_show_it:
        monkeypatch.setattr(socket_info, "is_available", lambda: False)
    run(driver, Build("A", PoolConfig(2, 5.0)), Acquire("A"), Acquire("A"))
    for acquire in [*driver.holding]:
        run(driver, Release(acquire, "A"))
    run(driver, CutIdle("A", 0), Acquire("A"), Acquire("A"))

    judgements = [*CLAUSES["BRK-1"].judge(History(tuple(driver.events)))]

    assert [judgement.broken for judgement in judgements] == [None] * sockets_show_it
