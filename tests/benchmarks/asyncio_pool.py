"""
How the reference pool for asyncio compares with redis-py's: `python tests/benchmarks/asyncio_pool.py`.

Only ratios are worth reading: subjects take turns, round by round, in one run on one machine, and a
ratio is the median of the ratios of the rounds. Client and server share one processor, since the way
between two varies more than what is measured.
"""

import argparse
import asyncio
import os
import platform
from asyncio import gather, get_running_loop
from collections.abc import Awaitable, Callable
from contextlib import suppress
from statistics import median
from time import perf_counter
from typing import TypedDict, cast

import redis.asyncio
from redis.exceptions import ConnectionError as RedisConnectionError

from poolproof.conformance.server import Server, obtain
from poolproof.reference_pool.asyncio import ConnectionPool

ROUNDS = 31
CONNECTIONS = 8
TASKS = 1000
CROWD_CONNECTIONS = 20
CROWD_ROUNDS = 3
CROWD_S = 2.0
CROWD_TIMEOUT_S = 1.0

Pool = ConnectionPool | redis.asyncio.BlockingConnectionPool
Subjects = dict[str, Callable[[], Awaitable[None]]]


class Where(TypedDict):
    """Where the server is."""

    host: str
    port: int
    db: int
    username: str | None
    password: str | None


def main() -> None:
    """Obtain a server, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--redis-url", help="measure against this server; the default starts one"
    )
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with obtain(arguments.parse_args().redis_url) as server:
        print(f"Python {platform.python_version()}, redis-py {redis.__version__}", end=", ")
        parser = redis.asyncio.connection.DefaultParser.__name__
        print(f"{parser}, {server.product} {server.version}")
        asyncio.run(measure(server))


async def measure(server: Server) -> None:
    await acquire_and_release(server)
    await ping(server)
    await crowd(server)


def where(server: Server) -> Where:
    return {
        "host": server.host,
        "port": server.port,
        "db": server.db,
        "username": server.username,
        "password": server.password,
    }


def pools(
    server: Server, max_connections: int = CONNECTIONS, timeout_s: float = 5
) -> tuple[ConnectionPool, redis.asyncio.BlockingConnectionPool]:
    """The pool that is measured, and the one that it is measured against."""
    return (
        ConnectionPool(max_connections=max_connections, timeout=timeout_s, **where(server)),
        redis.asyncio.BlockingConnectionPool(
            max_connections=max_connections, timeout=timeout_s, **where(server)
        ),
    )


def client_of(pool: Pool) -> redis.asyncio.Redis:
    return redis.asyncio.Redis(connection_pool=cast("redis.asyncio.ConnectionPool", pool))


def tell(what: str, measured: str, target: str) -> None:
    print(f"  {what:<58} {measured:>9}   target {target}")


async def take_turns(subjects: Subjects) -> dict[str, list[float]]:
    """Seconds of each subject in each round, after one that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(ROUNDS + 1):
        for name, run in subjects.items():
            started = perf_counter()
            await run()
            if number > 0:
                seconds[name].append(perf_counter() - started)
    return seconds


def ratio(slower: list[float], faster: list[float]) -> float:
    return median(a / b for a, b in zip(slower, faster, strict=True))


async def acquire_and_release(server: Server) -> None:
    """The price of the pool itself, nobody else about."""
    ours, theirs = pools(server)

    async def cycle_ours() -> None:
        for _ in range(1000):
            await ours.release(await ours.get_connection())

    async def cycle_theirs() -> None:
        for _ in range(1000):
            await theirs.release(await theirs.get_connection())

    seconds = await take_turns({"ours": cycle_ours, "theirs": cycle_theirs})
    print(f"acquire + release, readiness check included ({median(seconds['ours']) * 1e6:.0f} ns)")
    tell("redis-py's time / ours", f"{ratio(seconds['theirs'], seconds['ours']):.1f} x", ">= 20 x")
    await gather(ours.disconnect(), theirs.disconnect())


async def ping(server: Server) -> None:
    """What a caller of redis.asyncio.Redis notices."""
    ours, theirs = pools(server)

    async def pings(client: redis.asyncio.Redis) -> None:
        for _ in range(200):
            await client.ping()

    our_client, their_client = client_of(ours), client_of(theirs)
    seconds = await take_turns(
        {"ours": lambda: pings(our_client), "theirs": lambda: pings(their_client)}
    )
    print(f"PING through redis.asyncio.Redis ({median(seconds['ours']) / 200 * 1e6:.1f} us)")
    tell("redis-py's time / ours", f"{ratio(seconds['theirs'], seconds['ours']):.2f} x", ">= 1.2 x")
    await gather(ours.disconnect(), theirs.disconnect())


async def crowd(server: Server) -> None:
    """Many tasks that want the few connections all the time."""
    ours, theirs = pools(server, CROWD_CONNECTIONS, CROWD_TIMEOUT_S)
    print(f"{TASKS} tasks on {CROWD_CONNECTIONS} connections, timeout {CROWD_TIMEOUT_S} s")
    results: dict[str, list[tuple[list[int], int]]] = {"ours": [], "redis-py's": []}
    for _ in range(CROWD_ROUNDS):
        results["ours"].append(await press(ours))
        results["redis-py's"].append(await press(theirs))
    targets = {"ours": (">= 0.99", "0"), "redis-py's": ("(none)", "(none)")}
    for name, rounds in results.items():
        fairness = median(jain(pings) for pings, _ in rounds)
        tell(f"{name}: Jain's index of fairness, 1 is best", f"{fairness:.3f}", targets[name][0])
        refused = sum(refused for _, refused in rounds)
        tell(f"{name}: callers turned away by the pool's timeout", str(refused), targets[name][1])
    throughput = median(
        sum(mine) / sum(their)
        for (mine, _), (their, _) in zip(results["ours"], results["redis-py's"], strict=True)
    )
    tell("ours / redis-py's, pings in all", f"{throughput:.2f} x", ">= 1 x")
    await gather(ours.disconnect(), theirs.disconnect())


async def press(pool: Pool) -> tuple[list[int], int]:
    """How many pings each task got through, and how often the pool turned one away."""
    pings, refused = [0] * TASKS, [0] * TASKS
    time = get_running_loop().time
    end = time() + CROWD_S

    async def work(number: int) -> None:
        while time() < end:
            try:
                connection = await pool.get_connection()
            except RedisConnectionError:
                refused[number] += 1
                continue
            try:
                await connection.send_command("PING")
                await connection.read_response()
            finally:
                await pool.release(connection)
            pings[number] += 1

    await gather(*map(work, range(TASKS)))
    return pings, sum(refused)


def jain(shares: list[int]) -> float:
    """1 when all got the same, 1/n when one of n got all."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares) or 1)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
