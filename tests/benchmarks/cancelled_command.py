"""
How soon the fault is found that showed users the data of others; see `make bench`.

A command is cancelled while its reply is on its way, and the next caller gets that reply. Measured is
the time from the beginning of a check to the first program that breaks BRK-6, without what it takes to
install the release of redis-py that has the fault. Every check is made in a process of its own.
"""

import os
import subprocess
from contextlib import suppress
from statistics import median

import until_broken
from measuring import introduce, server_asked_for, tell

from poolproof.conformance.server import Server
from poolproof.conformance.worker.environment import OWN, Environment, throw_away
from poolproof.conformance.worker.messages import Job, encode

CLAUSE = "BRK-6"
SEEDS = 7
TARGET_S = 5.0
LIMIT_S = 120.0
"""How long a check may take in all; one that finds the fault is over soon after."""

CULPRIT = "culprits.commands_async:LendsOnWhatItsHolderGaveUp"
FAULTY = "redis==4.5.1"
POOLS = ("redis.asyncio:BlockingConnectionPool", "redis.asyncio:ConnectionPool")


def main() -> None:
    """Obtain a server and the faulty release, measure, print."""
    with server_asked_for(__doc__) as server:
        introduce(f"{server.product} {server.version}")
        print(f"until {CLAUSE} is broken, in {SEEDS} checks: median, worst")
        measure(CULPRIT, server, OWN)
        with throw_away([FAULTY]) as environment:
            for target in POOLS:
                measure(target, server, environment, f", {FAULTY}")


def measure(target: str, server: Server, environment: Environment, of: str = "") -> None:
    took_s = [found_after(target, server, environment, seed) for seed in range(SEEDS)]
    found_s = [each for each in took_s if each is not None]
    told = f"{median(found_s):.1f}, {max(found_s):.1f} s" if len(found_s) == SEEDS else "not found"
    tell(target + of, told, f"< {TARGET_S:.0f} s")


def found_after(target: str, server: Server, environment: Environment, seed: int) -> float | None:
    """How many seconds a check takes from this seed until it finds the fault; None if it does not."""
    ran = subprocess.run(
        [environment.python, until_broken.__file__],
        input=encode(Job(target, server, [CLAUSE], "standard", seed, [])),
        env={**os.environ, **environment.changes},
        stdout=subprocess.PIPE,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    return float(ran.stdout) if ran.stdout else None


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
