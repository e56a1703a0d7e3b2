"""The worker: runs one check in a process of its own, and reports to the supervisor line by line.

It is started as ``python -m poolproof.conformance.processes.worker FD``, gets its job as one line of
JSON on standard input, and writes messages, one line of JSON each, to the file descriptor. Standard
input stays open as long as the supervisor lives; when it closes, the worker ends.
"""

import os
import sys
import traceback
from collections.abc import Callable
from threading import Thread
from time import monotonic
from typing import TextIO

from poolproof.conformance.check import Findings, Progress, run_check, schedulable_threads
from poolproof.conformance.court import Conviction
from poolproof.conformance.drivers import CannotBuild
from poolproof.conformance.search.budget import BUDGETS
from poolproof.conformance.server.witness import ServerGone
from poolproof.conformance.targets.adapter import AdapterError
from poolproof.conformance.targets.bounded import THREAD_NAME
from poolproof.conformance.targets.target import TargetError, load_target, read_extra
from poolproof.conformance.telling.story import happened, tell

from .messages import Failed, Finished, Job, Message, Proven, Working, decode_job, encode

SAY_EVERY_S = 0.2
"""How often the supervisor is told that the check goes on."""


def main() -> None:
    """Do the job and leave, whatever threads the target has left behind."""
    job = decode_job(sys.stdin.readline())
    Thread(target=_end_with_supervisor, daemon=True, name=THREAD_NAME).start()
    channel = int(sys.argv[1])
    os.set_inheritable(channel, False)
    try:
        with os.fdopen(channel, "w") as pipe, schedulable_threads():
            _report(job, pipe)
    except OSError:
        # The target has closed the pipe, and nobody can be told.
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)


def _report(job: Job, pipe: TextIO) -> None:
    def send(message: Message) -> None:
        pipe.write(encode(message) + "\n")
        pipe.flush()

    try:
        send(_finished(_do(job, send)))
    except TargetError as error:
        send(Failed("target", str(error)))
    except CannotBuild as error:
        send(Failed("target", f"the target could not be built any more: {error}"))
    except AdapterError as error:
        send(Failed("adapter", str(error)))
    except ServerGone as error:
        send(Failed("server", str(error)))
    except BaseException:  # noqa: BLE001 - the supervisor says it
        send(Failed("kit", traceback.format_exc()))


def _do(job: Job, send: Callable[[Message], None]) -> Findings:
    told: dict[str, Conviction] = {}
    last = Working("loading the target", 0)
    last_s = monotonic()

    def say(progress: Progress) -> None:
        nonlocal last, last_s
        working = Working(progress.doing, progress.programs)
        begins = working.doing != last.doing or (working.programs > 0) != (last.programs > 0)
        due = begins or monotonic() - last_s >= SAY_EVERY_S
        for clause, conviction in progress.convictions.items():
            # A clause that is broken is told at once: the next step may be the target's last.
            if clause not in told or (due and told[clause] is not conviction):
                told[clause] = conviction
                send(_proven(conviction))
        if due:
            send(working)
            last, last_s = working, monotonic()

    send(last)
    adapter = load_target(job.target)
    findings = run_check(
        adapter,
        job.server,
        job.clauses,
        BUDGETS[job.budget],
        job.seed,
        read_extra(job.extra),
        say,
    )
    for conviction in findings.convictions.values():
        send(_proven(conviction))
    return findings


def _proven(conviction: Conviction) -> Proven:
    steps, broken = tell(conviction.clause, conviction.events)
    moments = happened(conviction.clause, conviction.events)
    return Proven(conviction.clause, list(steps), broken, conviction.seed, moments)


def _finished(findings: Findings) -> Finished:
    return Finished(
        observed=dict(findings.observed),
        offers=sorted(findings.offers),
        takes=sorted(findings.takes),
        programs=findings.programs,
        cut_short=findings.cut_short,
        in_part=findings.in_part,
        environment=dict(findings.environment),
        notes=list(findings.notes),
    )


def _end_with_supervisor() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
