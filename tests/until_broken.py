"""Makes one check, and prints how long it took until the first program broke the clause asked for.

Started as a script, with the job as one line on standard input, by whatever Python the pool to be
judged is installed for. Prints nothing if the clause was not broken.
"""

import sys
from collections.abc import Mapping
from time import perf_counter

from poolproof.conformance.adapters.load import load_target, read_extra
from poolproof.conformance.check import run_check, schedulable_threads
from poolproof.conformance.checker import Violation
from poolproof.conformance.report.outcome import Working
from poolproof.conformance.search.budget import BUDGETS
from poolproof.conformance.worker.messages import Job, decode_job


def until_broken(job: Job) -> float | None:
    """Seconds from the beginning of the check, when the pool has been imported."""
    broken_s: list[float] = []

    def note(_: Working, violations: Mapping[str, Violation]) -> None:
        if violations and not broken_s:
            broken_s.append(perf_counter() - started)

    with schedulable_threads():
        adapter = load_target(job.target)
        started = perf_counter()
        budget, extra = BUDGETS[job.budget], read_extra(job.extra)
        run_check(adapter, job.server, job.clauses, budget, job.seed, extra, note)
    return broken_s[0] if broken_s else None


if __name__ == "__main__":
    took_s = until_broken(decode_job(sys.stdin.readline()))
    if took_s is not None:
        print(took_s)
