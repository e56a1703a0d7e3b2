"""How tests judge a pool that they have at hand: as the command line does, without its process."""

import gc
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from poolproof.conformance.adapters.adapter import AnyAdapter, AnyAsyncAdapter
from poolproof.conformance.adapters.load import load_target
from poolproof.conformance.adapters.probe import Prepared
from poolproof.conformance.check import run_check
from poolproof.conformance.checker import Checker, Violation
from poolproof.conformance.engines.choice import Drivers
from poolproof.conformance.engines.threads.threads_of_others import threads_now
from poolproof.conformance.faults.server.admission import Admission
from poolproof.conformance.programs.trace import Trace
from poolproof.conformance.report.outcome import Findings
from poolproof.conformance.search.budget import Budget
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import Monitor
from poolproof.conformance.workloads.context import CheckContext, TimeLimit
from poolproof.spec import CLAUSES
from poolproof.spec.model.events import Event

NO_ARGUMENTS: Mapping[str, object] = {}


def adapter_of(pool: type[object]) -> AnyAdapter | AnyAsyncAdapter:
    """What the tool finds by the name of a pool class, be it for threads or for asyncio."""
    return load_target(f"{pool.__module__}:{pool.__qualname__}")


def name_of(pool: type[object]) -> str:
    return f"{pool.__module__.rpartition('.')[2]}.{pool.__name__}"


def drivers_of(prepared: Prepared, admission: Admission | None = None) -> Drivers:
    """What runs programs on this pool. Whatever threads there are already are not the pool's."""
    return Drivers(prepared, threads_now(), admission)


class Recorder(Checker):
    """Keeps the histories that it judges."""

    histories: Sequence[Sequence[Event]] = ()

    def judge(
        self,
        events: Sequence[Event],
        trace: Trace | None = None,
        seed: int | None = None,
        *,
        is_final: bool = True,
    ) -> Sequence[Violation]:
        self.histories = (*self.histories, events)
        return super().judge(events, trace, seed, is_final=is_final)


def context_of(
    checker: Checker,
    drivers: Drivers,
    prepared: Prepared,
    monitor: Monitor,
    time: TimeLimit | None = None,
) -> CheckContext:
    """What programs on this pool share. They have a minute, if nothing else is said."""
    time = time or TimeLimit(60)
    return CheckContext(checker, drivers, prepared.settings, monitor, time, lambda: None)


@contextmanager
def leaving_open_what_they_will() -> Iterator[None]:
    """Let pools throw away connections that they have not closed: it is no sin that is judged here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@dataclass(frozen=True)
class Judged(Findings):
    """What was found out, and the histories that break clauses."""

    violations: Mapping[str, Violation]


def judge(
    adapter: AnyAdapter | AnyAsyncAdapter,
    server: Server,
    budget: Budget,
    seed: int = 0,
    extra: Mapping[str, object] = NO_ARGUMENTS,
    clauses: Collection[str] = CLAUSES,
) -> Judged:
    """What is found out about all clauses, or about these."""
    findings, violations = run_check(
        adapter, server, list(clauses), budget, seed, extra, say=lambda *progress: None
    )
    return Judged(**asdict(findings), violations=violations)
