"""Threads are interrupted in the read in which a client waits for its reply, and nowhere else."""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import redis
from counterexamples import laid_out
from culprits import SoundPool, commands
from judging import adapter_of, drivers_of

from poolproof import reference_pool
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.engines.threads import Scheduler, kept_reply
from poolproof.conformance.programs.fault_kinds import SIGNALS, Signal
from poolproof.conformance.programs.operations import Acquire, Build, InterruptCommand, Release
from poolproof.conformance.programs.setup import DIRECT
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.durations import CROWD_S
from poolproof.spec import CLAUSES, History
from poolproof.spec.model.events import (
    Acquired,
    CommandInterrupted,
    CommandReturned,
    Event,
    PoolConfig,
)

Run = Callable[[type[object], Signal], list[Event]]


class ShortLivedPool(SoundPool):
    """Opens a connection for each caller."""

    def put_back(self, connection: redis.Connection) -> None:
        connection.disconnect()
        super().put_back(connection)


class Selecting(redis.Connection):
    """Does not read before there is something to read."""

    def read_response(self, disable_decoding: bool = False, **options: object) -> object:
        sock: socket.socket | None = getattr(self, "_sock", None)
        if sock is not None:
            select.select([sock], [], [], 5)
        return super().read_response(disable_decoding, **options)


class SelectingPool(SoundPool):
    """Has such connections."""

    def open(self) -> redis.Connection:
        self.opened += 1
        selecting: Callable[..., redis.Connection] = Selecting
        return selecting(**self.connection_kwargs)


@pytest.fixture
def run(server: Server, settings: PoolSettings) -> Iterator[Run]:
    """What happens when a command on the only connection of a pool is interrupted."""
    monitor = ServerMonitor(server)

    def run_on(pool: type[object], by: Signal) -> list[Event]:
        prepared = prepare(adapter_of(pool), settings, monitor)
        with closing(drivers_of(prepared)) as drivers:
            driver = drivers.new(DIRECT, prepared.settings, monitor, look_twice=True)
            driver.run_one(Build("A", PoolConfig(1, CROWD_S)))
            driver.run_one(Acquire("A"))
            driver.run_one(Release(1, "A"))
            driver.run_one(InterruptCommand("A", by))
            driver.finish()
        return driver.events

    with schedulable_threads():
        yield run_on
    monitor.close()


def broken_by(events: list[Event]) -> set[str]:
    history = History(tuple(events))
    return {
        name
        for name, clause in CLAUSES.items()
        if any(judgement.broken is not None for judgement in clause.judge(history))
    }


@pytest.mark.parametrize("by", SIGNALS)
@pytest.mark.parametrize(
    "pool",
    [reference_pool.ConnectionPool, SoundPool, ShortLivedPool],
    ids=lambda pool: pool.__name__,
)
def test_a_command_is_interrupted_in_its_read_and_the_next_caller_is_served(
    run: Run, pool: type[object], by: Signal
) -> None:
    events = run(pool, by)

    [interrupted] = [event for event in events if isinstance(event, CommandInterrupted)]
    assert (interrupted.by, interrupted.outstanding) == (by, True)
    served = [event for event in events if isinstance(event, Acquired) and event.call > 2]
    assert served
    assert all(event.connection is not None for event in served)
    assert broken_by(events) == set()
    assert any(CLAUSES["BRK-6"].judge(History(tuple(events))))


@pytest.mark.parametrize("by", SIGNALS)
def test_whose_clients_do_not_close_what_they_were_interrupted_on_is_convicted(
    run: Run, by: Signal
) -> None:
    events = run(commands.LendsOnWhatAClientWasInterruptedOn, by)

    assert "BRK-6" in broken_by(events)
    steps, broken = laid_out("BRK-6", tuple(events))
    assert any(f"interrupted by {by}" in " ".join(step.split()) for step in steps)
    assert "another caller's reply" in " ".join(" ".join(steps).split()) or "BLPOP" in broken


def test_who_waits_where_the_scheduler_does_not_see_is_not_taken_for_one_that_hangs(
    run: Run,
) -> None:
    events = run(SelectingPool, "KeyboardInterrupt")

    assert any(isinstance(event, CommandInterrupted | CommandReturned) for event in events)
    assert broken_by(events) == set()


def test_only_a_read_that_would_block_is_kept_waiting_and_only_on_that_socket() -> None:
    marked, other = socket.socketpair()
    plain, peer = socket.socketpair()
    said: list[object] = []

    def work() -> None:
        marked.sendall(b"a mark in it")
        plain.sendall(b"none")
        said.append(plain.recv(9))
        marked.setblocking(False)
        with pytest.raises(BlockingIOError):
            marked.recv(9)
        marked.setblocking(True)
        said.append(marked.recv(9))

    with (
        marked,
        other,
        plain,
        peer,
        schedulable_threads(),
        Scheduler(lambda code: False) as scheduler,
        kept_reply(b"mark") as kept,
    ):
        peer.sendall(b"1")
        task = scheduler.start(work)
        scheduler.run()
        assert said == [b"1"]
        assert kept.is_awaited_by(task)
        other.sendall(b"2")
        kept.let_come()
        scheduler.run()
        assert said == [b"1", b"2"]
    assert "recv" not in vars(socket.socket)
