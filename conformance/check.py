"""A check: from a target to what was found out about each clause, in this process.

The worker runs it in a process of its own; see `supervisor`.
"""

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import cache, partial
from importlib import metadata
from secrets import token_hex

from poolproof.spec import CLAUSES

from .adapters.adapter import AnyAdapter, AnyAsyncAdapter
from .adapters.clock_probe import goes_by_another_clock
from .adapters.probe import Prepared, library_version, prepare
from .adapters.settings import PoolSettings
from .callers.playing import play_through
from .checker import Checker, Violation
from .engines import asyncio as loop
from .engines import threads as scheduler
from .engines.choice import Drivers
from .engines.threads.threads_of_others import threads_now
from .faults.server.admission import admission_to
from .report.outcome import Findings, Working
from .search.budget import Budget
from .search.campaign import run_campaign
from .search.exhaustion import search
from .search.reduction import shorten_stories
from .server import Server
from .server.monitor import ServerMonitor
from .workloads.context import CheckContext, TimeLimit, in_one_line
from .workloads.registry import workloads_for
from .workloads.workload import Workload
from .workloads.written import make_plain_calls, run_in_real_time, show_out_the_idle

REAL_TIME_SHARE_S = 15.0
"""How many seconds the campaign leaves to the programs that take the server's own time."""

OTHER_CLOCK = "not judged, because the pool goes by a clock that programs cannot set"


def run_check(
    adapter: AnyAdapter | AnyAsyncAdapter,
    server: Server,
    clauses: Sequence[str],
    budget: Budget,
    seed: int,
    extra: Mapping[str, object],
    say: Callable[[Working, Mapping[str, Violation]], None],
) -> tuple[Findings, Mapping[str, Violation]]:
    """Judge the target by plain calls and programs, and `say` how far that has come.

    Returns what was found out, and the violations by clause. Raises TargetError if the target cannot
    be driven at all.
    """
    threads_before = threads_now()
    # First of all: a check that was ended by force may have left the server shut.
    with (
        admission_to(server) as (admission, why_no_admission),
        closing(ServerMonitor(server)) as monitor,
    ):
        say(Working("trying the target", 0), {})
        prepared = prepare(adapter, _settings_at(server, extra), monitor)
        judged = [name for name in clauses if CLAUSES[name].needs in (None, *prepared.offers)]
        checker = Checker(judged)
        doing = "trying arguments, the client, and what is printed"

        def step() -> None:
            say(Working(doing, checker.programs), checker.violations)

        drivers = Drivers(prepared, threads_before, admission)
        time = TimeLimit(budget.limit_s)
        context = CheckContext(checker, drivers, prepared.settings, monitor, time, step)
        step()
        for events in make_plain_calls(prepared, server, monitor, step, judged):
            checker.judge(events)
            step()
        doing = "running programs"
        with schedulable_threads(), versions_remembered(), on_one_processor(), closing(drivers):
            notes, in_part = _run_programs(context, prepared, budget, seed, server.image)
    if admission is None:
        left_out = "made neither to turn anybody away nor to close what is idle"
        notes += (f"the server itself was {left_out}: {why_no_admission}",)
    return _findings(context, prepared, notes, in_part=in_part), checker.violations


def _settings_at(server: Server, extra: Mapping[str, object]) -> PoolSettings:
    return PoolSettings(
        server.host,
        server.port,
        server.db,
        server.username,
        server.password,
        # Others may be checking pools on the same server.
        client_name=f"poolproof-{token_hex(4)}",
        extra=extra,
    )


def _findings(
    context: CheckContext, prepared: Prepared, notes: tuple[str, ...], *, in_part: bool
) -> Findings:
    return Findings(
        observed=dict(context.checker.observed),
        offers=sorted(prepared.offers),
        takes=sorted(prepared.settings.takes),
        programs=context.checker.programs,
        cut_short=context.time.was_cut_short,
        in_part=in_part,
        environment={
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "client": library_version(prepared.lent),
            "hypothesis": metadata.version("hypothesis"),
            "platform": f"{platform.system()} {platform.machine()}",
        },
        notes=notes,
    )


def schedulable_threads() -> AbstractContextManager[object]:
    """Let a scheduler say which thread runs, as long as the block lasts, unless one does already.

    The block must begin before the target is imported: a module may make locks for itself.
    """
    return nullcontext() if scheduler.is_installed() else scheduler.install()


@contextmanager
def on_one_processor() -> Iterator[None]:
    """Keep the process on one processor: threads that take turns need not be woken on another one."""
    if not hasattr(os, "sched_setaffinity"):  # macOS
        yield
        return
    allowed = os.sched_getaffinity(0)
    # Checks that run side by side spread out.
    os.sched_setaffinity(0, {sorted(allowed)[os.getpid() % len(allowed)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextmanager
def versions_remembered() -> Iterator[None]:
    """Read the version of an installed package once only, as long as the block lasts.

    redis-py reads its own for every connection that it makes, which takes longer than to open one.
    """
    read = metadata.version
    metadata.version = cache(read)
    try:
        yield
    finally:
        metadata.version = read


def _run_programs(
    context: CheckContext, prepared: Prepared, budget: Budget, seed: int, image: str | None
) -> tuple[tuple[str, ...], bool]:
    """Run all programs. Returns notes for the reader, and whether only a part of them could be run."""
    can_build = prepared.offers - prepared.cannot_build.keys()
    workloads = [
        workload
        for workload in workloads_for(prepared.settings.takes, can_build)
        if context.checker.may_learn_from(workload.occurrences)
    ]
    try:
        notes = search(context, prepared, workloads, budget.depth)
        unjudged = [
            workload
            for workload in workloads
            if workload.by_pools_clock and _goes_by_another_clock(context, prepared, workload)
        ]
        notes += tuple(f"{workload.about}: {OTHER_CLOCK}" for workload in unjudged)
        judged = [workload for workload in workloads if workload not in unjudged]
        reserve_s = (
            min(REAL_TIME_SHARE_S, context.time.left_s / 2) if budget.depth.in_real_time else 0.0
        )
        run_campaign(context, judged, budget, seed, reserve_s)
        if budget.depth.in_real_time:
            notes += run_in_real_time(context, prepared, image)
        shorten_stories(context, budget.shorten_s)
    except loop.CannotHost as reason:
        why = in_one_line(reason)
        return (
            f"the pool cannot be run on a loop of ours, and was judged only in part: {why}",
        ), True
    except scheduler.CannotHost as reason:
        context.drivers.use_real_threads_only()
        left = [workload for workload in workloads if not workload.quiescent_only]
        run_campaign(context, left, budget, seed)
        if budget.depth.in_real_time:
            show_out_the_idle(context)
        note = (
            "the pool cannot be run under a scheduler, so that it was run on real threads, and not by "
            f"many callers at once: {in_one_line(reason)}"
        )
        return (note,), True
    notes += tuple(
        f"the pool could not be built with {option.record.setting}, so that this was not judged: "
        f"{type(raised).__name__}: {raised}"
        for option, raised in prepared.cannot_build.items()
    )
    return notes, bool(prepared.cannot_build)


def _goes_by_another_clock(context: CheckContext, prepared: Prepared, workload: Workload) -> bool:
    config = workload.config(4, takes_timeout="timeout" in prepared.settings.takes)
    play = partial(play_through, context.new_driver(workload.setup))
    return goes_by_another_clock(play, prepared, config)
