"""The worker: runs one check in a process of its own, and reports to the supervisor line by line.

It is started as ``python -m poolproof.conformance.worker.worker FD``, gets its job as one line of
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

from ..adapters.adapter import AdapterError
from ..adapters.load import TargetError, load_target, read_extra
from ..callers.factory import CannotBuild
from ..check import Findings, Progress, run_check, schedulable_threads
from ..checker import Violation
from ..counterexample.story import happened, tell
from ..isolation.call_with_timeout import THREAD_NAME
from ..search.budget import BUDGETS
from ..server.monitor import ServerGone
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
    told: dict[str, Violation] = {}
    last = Working("loading the target", 0)
    last_s = monotonic()

    def say(progress: Progress) -> None:
        nonlocal last, last_s
        working = Working(progress.doing, progress.programs)
        begins = working.doing != last.doing or (working.programs > 0) != (last.programs > 0)
        due = begins or monotonic() - last_s >= SAY_EVERY_S
        for clause, violation in progress.violations.items():
            # A clause that is broken is told at once: the next step may be the target's last.
            if clause not in told or (due and told[clause] is not violation):
                told[clause] = violation
                send(_proven(violation))
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
    for violation in findings.violations.values():
        send(_proven(violation))
    return findings


def _proven(violation: Violation) -> Proven:
    steps, broken = tell(violation.clause, violation.events)
    moments = happened(violation.clause, violation.events)
    return Proven(violation.clause, list(steps), broken, violation.seed, moments)


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
