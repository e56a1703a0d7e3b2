"""The worker: runs one check in a process of its own, and reports to the supervisor line by line.

It is started as ``python -m poolproof.conformance.worker.worker FD``, gets its job as one line of
JSON on standard input, and writes messages, one line of JSON each, to the file descriptor. Standard
input stays open as long as the supervisor lives; when it closes, the worker ends.
"""

import os
import sys
import traceback
from collections.abc import Mapping
from threading import Thread
from time import monotonic
from typing import TextIO

from ..adapters.adapter import AdapterError
from ..adapters.load import TargetError, load_target, read_extra
from ..callers.program_context import CannotBuild
from ..check import run_check, schedulable_threads
from ..checker import Violation
from ..isolation.call_with_timeout import THREAD_NAME
from ..report.outcome import Failed, Message, Working
from ..search.budget import BUDGETS
from ..server.monitor import ServerGone
from .messages import Job, decode_job, encode

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
            _do(job, _Reporter(pipe))
    except OSError:
        # The target has closed the pipe, and nobody can be told.
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)


class _Reporter:
    """Tells the supervisor what is new."""

    def __init__(self, pipe: TextIO) -> None:
        self._pipe = pipe
        self._told: dict[str, Violation] = {}
        self._last = Working("starting", 0)
        self._last_s = monotonic()

    def send(self, message: Message) -> None:
        self._pipe.write(encode(message) + "\n")
        self._pipe.flush()

    def say(self, working: Working, violations: Mapping[str, Violation]) -> None:
        """Say how far the check has come, if that was not said just now."""
        last = self._last
        begins = working.doing != last.doing or (working.programs > 0) != (last.programs > 0)
        is_due = begins or monotonic() - self._last_s >= SAY_EVERY_S
        # A clause that is broken is told at once: the next step may be the target's last.
        first = {name: each for name, each in violations.items() if name not in self._told}
        self.tell(violations if is_due else first)
        if is_due:
            self.send(working)
            self._last, self._last_s = working, monotonic()

    def tell(self, violations: Mapping[str, Violation]) -> None:
        """Tell these violations, as far as they are new."""
        for clause, violation in violations.items():
            if self._told.get(clause) is not violation:
                self._told[clause] = violation
                self.send(violation.counterexample)


def _do(job: Job, reporter: _Reporter) -> None:
    reporter.say(Working("loading the target", 0), {})
    try:
        findings, violations = run_check(
            load_target(job.target),
            job.server,
            job.clauses,
            BUDGETS[job.budget],
            job.seed,
            read_extra(job.extra),
            reporter.say,
        )
        reporter.tell(violations)
        reporter.send(findings)
    except TargetError as error:
        reporter.send(Failed("target", str(error)))
    except CannotBuild as error:
        reporter.send(Failed("target", f"the target could not be built any more: {error}"))
    except AdapterError as error:
        reporter.send(Failed("adapter", str(error)))
    except ServerGone as error:
        reporter.send(Failed("server", str(error)))
    except BaseException:  # noqa: BLE001 - the supervisor says it
        reporter.send(Failed("kit", traceback.format_exc()))


def _end_with_supervisor() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
