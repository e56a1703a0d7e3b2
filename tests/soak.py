"""The long proof that no sound pool is convicted: at least 1,000 programs for each pool.

Run it by hand, `make soak`, with the machine idle and with `--busy`; the tests do the same in small.
It ends with status 1 if anything was convicted, and tells how.
"""

import argparse
import platform
import sys
from contextlib import nullcontext
from time import monotonic

from busy import busy_machine
from judging import adapter_of, judge, name_of
from sound import EVERY_SOUND_POOL

from poolproof.conformance.adapters.adapter import uses_asyncio
from poolproof.conformance.report.steps import steps_of
from poolproof.conformance.search.budget import Budget, Depth
from poolproof.conformance.server import Server, obtain


def main() -> int:
    """Judge every sound pool; the status is 1 if one was convicted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=1000, help="for each pool, at least")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--busy", action="store_true", help="keep all cores busy meanwhile")
    chosen = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()}, {chosen}", flush=True)
    convicted = 0
    with obtain() as server, busy_machine() if chosen.busy else nullcontext():
        for pool in EVERY_SOUND_POOL:
            convicted += convictions_of(pool, server, chosen.programs, chosen.seed)
    print(f"{convicted} violations")
    return 1 if convicted else 0


def convictions_of(pool: type[object], server: Server, programs: int, seed: int) -> int:
    """How many clauses convict the pool."""
    adapter = adapter_of(pool)
    # There are some thirty workloads, three of which run a part of the programs only.
    depth = Depth(preemptions=1, limit_s=30)
    budget = Budget(programs // 13, 12, 1.0, run_s=600, limit_s=3600, depth=depth)
    began_s = monotonic()
    findings = judge(adapter, server, budget, seed)
    driver = "asyncio" if uses_asyncio(adapter) else "threads"
    print(
        f"{name_of(pool):<32} {driver} {findings.programs:>6} programs {monotonic() - began_s:>5.0f} s "
        f"{len(findings.violations)} violations",
        *findings.notes,
        sep="; ",
        flush=True,
    )
    for violation in findings.violations.values():
        found = violation.counterexample
        print(found.clause, found.broken, *steps_of(found), sep="\n    ", flush=True)
    return len(findings.violations)


if __name__ == "__main__":
    sys.exit(main())
