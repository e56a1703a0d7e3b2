"""The trial of forks: who stands where, what a child can answer, and when nothing is judged."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Lock, Timer

import pytest
from counterexamples import laid_out
from culprits import SoundPool
from culprits.fork import GoesOnInTheChild
from judging import adapter_of

from poolproof.conformance.adapters.adapter import AnyAdapter, AnyAsyncAdapter
from poolproof.conformance.adapters.probe import Prepared, prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.written.bystander import Bystander
from poolproof.conformance.workloads.written.forks import forks
from poolproof.spec import CLAUSES, Capability, History
from poolproof.spec.model.events import Event, Forked

A_CLOSED_PORT = 1


@pytest.fixture
def monitor(server: Server) -> Iterator[ServerMonitor]:
    monitor = ServerMonitor(server)
    yield monitor
    monitor.close()


def prepared(
    adapter: AnyAdapter | AnyAsyncAdapter, server: Server, monitor: ServerMonitor
) -> Prepared:
    where = PoolSettings(server.host, server.port, server.db, server.username, server.password)
    return prepare(adapter, where, monitor)


def histories(pool: type[object], server: Server, monitor: ServerMonitor) -> list[Sequence[Event]]:
    ready = prepared(adapter_of(pool), server, monitor)
    return list(forks(ready, server, step=lambda: None))


def test_the_process_forks_in_peace_and_with_another_thread_at_lines_of_the_pool(
    server: Server, monitor: ServerMonitor
) -> None:
    forked = [history[0] for history in histories(SoundPool, server, monitor)]

    places = [event.bystander_at for event in forked if isinstance(event, Forked)]
    assert places[:2] == ["", ""]
    assert any("SoundPool.join" in where for where in places[2:])


class TakesItsTime(SoundPool):
    """Has a thread serve its callers, which does not come to it at once."""

    def serve(self) -> None:
        Timer(0.1, self.serve_late).start()

    def serve_late(self) -> None:
        with self.lock:
            super().serve()


def test_a_pool_that_takes_its_time_to_serve_is_judged_and_not_convicted(
    server: Server, monitor: ServerMonitor
) -> None:
    seen = [History(tuple(events)) for events in histories(TakesItsTime, server, monitor)]

    said = [
        judgement.broken
        for history in seen
        for name in ("FRK-1", "FRK-2", "FRK-3")
        for judgement in CLAUSES[name].judge(history)
    ]
    assert said
    assert set(said) == {None}


def test_nothing_is_judged_when_a_connection_without_a_pool_cannot_be_had(
    server: Server, monitor: ServerMonitor
) -> None:
    ready = prepared(adapter_of(GoesOnInTheChild), server, monitor)

    assert list(forks(ready, replace(server, port=A_CLOSED_PORT), step=lambda: None)) == []


def test_nothing_is_judged_of_a_pool_that_cannot_be_forked(
    server: Server, monitor: ServerMonitor
) -> None:
    ready = prepared(adapter_of(SoundPool), server, monitor)
    ready = replace(ready, offers=ready.offers - {Capability.FORK})

    assert list(forks(ready, server, step=lambda: None)) == []


def test_the_story_tells_what_parent_and_child_did(server: Server, monitor: ServerMonitor) -> None:
    history = histories(GoesOnInTheChild, server, monitor)[0]

    steps, broken = laid_out("FRK-1", history)

    assert steps[0].endswith("max_connections=2, connection 1 in use and connection 2 idle")
    assert steps[1] == "the child: acquire gets connection 2"
    assert steps[-2] == "the parent: a command on connection 1: gets its own reply"
    assert broken.startswith("the child was handed connection 2, which is its parent's")


def guarded(lock: Lock) -> None:
    with lock:
        time.monotonic()


def test_a_bystander_stands_at_each_line_and_holds_what_it_holds_there() -> None:
    lock = Lock()
    bystander = Bystander(
        lambda: guarded(lock), lambda code: code is guarded.__code__, stands_still=True
    )

    seen = [(where.rpartition(" ")[2], lock.locked()) for where in bystander.stands()]

    assert bystander.ends()
    assert seen[:2] == [("guarded", False), ("guarded", True)]
    assert not lock.locked()


def test_a_bystander_that_is_not_to_stand_still_runs_to_its_end() -> None:
    bystander = Bystander(
        lambda: guarded(Lock()), lambda code: code is guarded.__code__, stands_still=False
    )

    assert bystander.ends()
    assert list(bystander.stands()) == []
