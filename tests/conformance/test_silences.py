"""A server that is there and answers nobody for a while: what is seen of it, who is convicted by it,
and what is said.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from culprits import SoundAsyncPool, SoundPool, breakage, breakage_async, silence, silence_async
from judging import Recorder, adapter_of, context_of, drivers_of, leaving_open_what_they_will
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from poolproof import reference_pool
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.callers.driver import Driver
from poolproof.conformance.callers.playing import run_possible
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.counterexample.timeline import timeline_of
from poolproof.conformance.faults.server import silence as driver_silences
from poolproof.conformance.programs.operations import BeginOutage, Operation
from poolproof.conformance.server import Server, child
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.server.restartable import RestartableServer, restartable_server
from poolproof.conformance.workloads.context import TimeLimit
from poolproof.conformance.workloads.written import silences, two_slots
from poolproof.conformance.workloads.written.silences import fall_silent
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec.model.events import (
    Acquired,
    AcquireFailed,
    BytesArrived,
    Cut,
    Outage,
    OutageOver,
)

Silenced = Callable[..., tuple[Recorder, tuple[str, ...]]]

OF_BOTH_COLOURS = pytest.mark.parametrize(
    "pool",
    [reference_pool.ConnectionPool, asyncio_reference_pool.ConnectionPool],
    ids=["threads", "asyncio"],
)


@pytest.fixture
def silenced(server: Server, settings: PoolSettings) -> Iterator[Silenced]:
    """What comes of the silences alone, and what is told of them."""
    monitor = ServerMonitor(server)

    def silence_under(
        pool: type[object], *, takes: frozenset[str] | None = None, time: TimeLimit | None = None
    ) -> tuple[Recorder, tuple[str, ...]]:
        prepared = prepare(adapter_of(pool), settings, monitor)
        if takes is not None:
            prepared = replace(prepared, settings=replace(prepared.settings, takes=takes))
        with closing(drivers_of(prepared)) as drivers, leaving_open_what_they_will():
            checker = Recorder(["BRK-2", "BRK-5"])
            context = context_of(checker, drivers, prepared, monitor, time)
            return checker, fall_silent(context, prepared)

    with schedulable_threads():
        yield silence_under
    monitor.close()


@OF_BOTH_COLOURS
def test_nobody_is_answered_for_a_while_and_then_all_slots_serve_again(
    silenced: Silenced, pool: type[object]
) -> None:
    checker, told = silenced(pool)

    assert told == ()
    assert checker.violations == {}
    assert checker.observed == {"BRK-5": 3, "BRK-2": 1}
    assert len(checker.histories) == 4
    for events in checker.histories:
        [away] = [at for at, event in enumerate(events) if isinstance(event, Outage)]
        [over] = [at for at, event in enumerate(events) if isinstance(event, OutageOver)]
        before = {event.connection for event in events[:away] if isinstance(event, Acquired)}
        cuts = [event for event in events if isinstance(event, Cut)]
        assert {cut.connection for cut in cuts} == before
        assert not any(cut.visible for cut in cuts)
        during = [event for event in events[away:over] if isinstance(event, Acquired)]
        assert not any(event.connection for event in during)
        assert not [event for event in events[over:] if isinstance(event, AcquireFailed)]
        after = {event.connection for event in events[over:] if isinstance(event, Acquired)}
        assert len(after - {None}) == 2
    ways = [next(e.how for e in events if isinstance(e, Outage)) for events in checker.histories]
    assert len({*ways}) == 3


@OF_BOTH_COLOURS
def test_a_reply_that_comes_when_the_server_goes_on_is_known_to_have_come(
    silenced: Silenced, pool: type[object]
) -> None:
    checker, _ = silenced(pool)

    events = checker.histories[-1]
    [over] = [at for at, event in enumerate(events) if isinstance(event, OutageOver)]
    [late] = [at for at, event in enumerate(events) if isinstance(event, BytesArrived)]
    assert over < late


def test_it_is_told_that_nobody_is_answered(silenced: Silenced) -> None:
    checker, _ = silenced(asyncio_reference_pool.ConnectionPool)

    for events, why in zip(
        checker.histories,
        ("lost on the way", "CLIENT PAUSE", "is stopped", "is stopped"),
        strict=True,
    ):
        [told] = [row.text for row in timeline_of(events, short=False).rows if why in row.text]
        assert told.startswith("the server cannot be reached: ")


@pytest.mark.parametrize(
    ("culprit", "clause"),
    [
        (silence.LosesTheSlotOfASilentConnect, "BRK-5"),
        (silence_async.LosesTheSlotOfATaskThatIsNotGreeted, "BRK-5"),
        (silence.ForgetsTheSlotOfASilentConnection, "BRK-5"),
        (silence_async.ForgetsTheSlotOfASilentStream, "BRK-5"),
        (breakage.LooksOnlyWhenGivenBack, "BRK-2"),
        (breakage_async.LooksOnlyWhenATaskGivesBack, "BRK-2"),
    ],
)
def test_a_pool_that_reckons_with_ends_and_not_with_silence_is_convicted(
    silenced: Silenced, culprit: type[SoundPool | SoundAsyncPool], clause: str
) -> None:
    checker, _ = silenced(culprit)

    assert set(checker.violations) == {clause}


def test_nobody_is_judged_whose_machine_stood_still_before_the_silence(
    silenced: Silenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_slowly(driver: Driver, operations: Sequence[Operation]) -> None:
        driver.events.append(Acquired(0.0, "A", 99, None, "CLIENT ID raised TimeoutError"))
        run_possible(driver, operations)

    monkeypatch.setattr(two_slots, "run_possible", run_slowly)

    checker, told = silenced(SoundAsyncPool)

    assert told == ()
    assert checker.programs == 0


def test_a_pool_whose_clients_never_give_up_is_not_kept_waiting(silenced: Silenced) -> None:
    checker, told = silenced(SoundPool, takes=frozenset({"timeout"}))

    assert told == ("the server was not made to answer nobody: the pool takes no socket_timeout",)
    assert checker.programs == 0


class TriesAgain(SoundPool):
    """Has connections that connect again and again."""

    def prepare(self) -> None:
        self.connection_kwargs = {**self.connection_kwargs, "retry": Retry(ConstantBackoff(0.1), 3)}


@pytest.mark.parametrize("pool", [TriesAgain, asyncio_reference_pool.ConnectionPool])
def test_callers_who_never_give_up_are_let_for_a_while_only(
    silenced: Silenced, pool: type[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver_silences, "LONG_S", 0.0)

    checker, told = silenced(pool)

    [said] = told
    assert said.endswith("only for a while: callers go on trying for more than 0 s")
    assert checker.violations == {}


def test_what_there_was_no_time_for_cuts_the_check_short(silenced: Silenced) -> None:
    time = TimeLimit(0.0)

    checker, told = silenced(SoundAsyncPool, time=time)

    assert told == ()
    assert checker.programs == 0
    assert time.was_cut_short


def test_where_no_server_can_be_started_that_is_said_and_the_way_to_it_is_silent_all_the_same(
    silenced: Silenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "programs", lambda: [(None, "no server program")])

    checker, told = silenced(SoundAsyncPool)

    assert told == ("the server was not made to answer nobody: no server program",)
    assert checker.programs == 1


@pytest.mark.parametrize("program", ["PAUSED_WHILE_IDLE", "FROZEN_WHILE_IN_USE"])
def test_a_program_that_breaks_off_leaves_no_silent_server_behind(
    silenced: Silenced, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers: list[RestartableServer] = []

    @contextmanager
    def noted(_image: str | None) -> Iterator[RestartableServer]:
        with restartable_server() as server:
            servers.append(server)
            yield server

    def run_and_tidy_up(driver: Driver, operations: Sequence[Operation]) -> None:
        try:
            run_possible(driver, operations)
        except AssertionError:
            driver.close()
            raise

    monkeypatch.setattr(two_slots, "run_possible", run_and_tidy_up)
    monkeypatch.setattr(silences, "restartable_server", noted)
    monkeypatch.setattr(silences, "SWALLOWED_WHILE_IN_USE", ())
    monkeypatch.setattr(silences, "PAUSED_WHILE_IDLE", broken_off(getattr(silences, program)))

    with pytest.raises(AssertionError, match="carry out"):
        silenced(SoundAsyncPool)

    [server] = servers
    address = server.server
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.host, address.port))


def broken_off(operations: Sequence[object]) -> Sequence[object]:
    """As far as the silence, and then what no driver can do."""
    [began] = [at for at, each in enumerate(operations) if isinstance(each, BeginOutage)]
    return (*operations[: began + 1], object())
