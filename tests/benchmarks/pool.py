"""
How the reference pool compares with redis-py's blocking pool: `python tests/benchmarks/pool.py`.

Only ratios are worth reading: subjects take turns, round by round, in one run on one machine, and a
ratio is the median of the ratios of the rounds. One thread at a time is measured with client and
server on one processor, since the way between two varies more than what is measured.
"""

import argparse
import os
import platform
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from statistics import median
from threading import Barrier, Lock, Thread
from time import monotonic, perf_counter
from typing import cast

import redis
from redis.exceptions import ConnectionError as RedisConnectionError

from poolproof.conformance.server import Server, obtain
from poolproof.reference_pool import ConnectionPool

ROUNDS = 31
CONNECTIONS = 8
THREADS = 64
CROWD_ROUNDS = 3
CROWD_S = 2.0
CROWD_TIMEOUT_S = 0.5

Pool = ConnectionPool | redis.BlockingConnectionPool
Subjects = dict[str, Callable[[], None]]


def main() -> None:
    """Obtain a server, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--redis-url", help="measure against this server; the default starts one"
    )
    with one_processor() as all_processors, obtain(arguments.parse_args().redis_url) as server:
        print(f"Python {platform.python_version()}, redis-py {redis.__version__}", end=", ")
        print(f"{redis.connection.DefaultParser.__name__}, {server.product} {server.version}")
        acquire_and_release(server)
        ping(server)
        all_processors()
        crowd(server)


@contextmanager
def one_processor() -> Iterator[Callable[[], None]]:
    """Stay on one processor, with a server that is started meanwhile; yields the way back."""
    if not hasattr(os, "sched_setaffinity"):
        yield lambda: None
        return
    everything = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everything)})
    yield lambda: os.sched_setaffinity(0, everything)


def where(server: Server) -> dict[str, str | int | None]:
    return {
        "host": server.host,
        "port": server.port,
        "db": server.db,
        "username": server.username,
        "password": server.password,
    }


def pools(
    server: Server, timeout: float = 5
) -> tuple[ConnectionPool, redis.BlockingConnectionPool]:
    """The pool that is measured, and the one that it is measured against."""
    settings = {"max_connections": CONNECTIONS, "timeout": timeout, **where(server)}
    return (
        ConnectionPool(**settings),  # type: ignore[arg-type]  # one dict for two signatures
        redis.BlockingConnectionPool(**settings),
    )


def client_of(pool: Pool) -> redis.Redis:
    return redis.Redis(connection_pool=cast("redis.ConnectionPool", pool))


def tell(what: str, measured: str, target: str) -> None:
    print(f"  {what:<58} {measured:>9}   target {target}")


def take_turns(subjects: Subjects) -> dict[str, list[float]]:
    """Seconds of each subject in each round, after one that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(ROUNDS + 1):
        for name, run in subjects.items():
            started = perf_counter()
            run()
            if number > 0:
                seconds[name].append(perf_counter() - started)
    return seconds


def ratio(slower: list[float], faster: list[float]) -> float:
    return median(a / b for a, b in zip(slower, faster, strict=True))


def acquire_and_release(server: Server) -> None:
    """The price of the pool itself, nobody else about."""
    ours, theirs = pools(server)
    lock, connections = Lock(), deque([object()])

    def cycle(pool: Pool) -> None:
        for _ in range(1000):
            pool.release(pool.get_connection())

    def bare() -> None:
        for _ in range(1000):
            with lock:
                connection = connections.popleft()
            with lock:
                connections.append(connection)

    with ours, theirs:
        seconds = take_turns(
            {"ours": lambda: cycle(ours), "theirs": lambda: cycle(theirs), "bare": bare}
        )
    print(f"acquire + release, readiness check included ({median(seconds['ours']) * 1e6:.0f} ns)")
    tell("redis-py's time / ours", f"{ratio(seconds['theirs'], seconds['ours']):.2f} x", ">= 5 x")
    tell(
        "ours / a deque and a lock, no check",
        f"{ratio(seconds['ours'], seconds['bare']):.2f} x",
        "<= 3 x",
    )


def ping(server: Server) -> None:
    """What a caller of redis.Redis notices."""
    ours, theirs = pools(server)
    our_client, their_client = client_of(ours), client_of(theirs)

    def pings(client: redis.Redis) -> None:
        for _ in range(200):
            client.ping()

    def fresh() -> None:
        # As many pings, a tenth of them: connecting for each is that much slower.
        for _ in range(20):
            with redis.Redis(**where(server)) as client:  # type: ignore[arg-type]  # one dict
                client.ping()

    with ours, theirs:
        seconds = take_turns(
            {
                "ours": lambda: pings(our_client),
                "theirs": lambda: pings(their_client),
                "fresh": fresh,
            }
        )
    whole = [10 * once for once in seconds["fresh"]]
    print(f"PING through redis.Redis ({median(seconds['ours']) / 200 * 1e6:.1f} us)")
    tell("redis-py's time / ours", f"{ratio(seconds['theirs'], seconds['ours']):.2f} x", ">= 1.3 x")
    tell("a new client for each / ours", f"{ratio(whole, seconds['ours']):.1f} x", "30 to 50 x")


def crowd(server: Server) -> None:
    """Many threads that want the few connections all the time."""
    ours, theirs = pools(server, timeout=CROWD_TIMEOUT_S)
    print(f"{THREADS} threads on {CONNECTIONS} connections, timeout {CROWD_TIMEOUT_S} s")
    results: dict[str, list[tuple[list[int], int]]] = {"ours": [], "redis-py's": []}
    with ours, theirs:
        for _ in range(CROWD_ROUNDS):
            results["ours"].append(press(ours))
            results["redis-py's"].append(press(theirs))
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
    tell("ours / redis-py's, pings in all", f"{throughput:.2f} x", "(none)")


def press(pool: Pool) -> tuple[list[int], int]:
    """How many pings each thread got through, and how often the pool turned one away."""
    pings, refused = [0] * THREADS, [0] * THREADS
    ready = Barrier(THREADS)

    def work(number: int) -> None:
        ready.wait()
        end = monotonic() + CROWD_S
        while monotonic() < end:
            try:
                connection = pool.get_connection()
            except RedisConnectionError:
                refused[number] += 1
                continue
            try:
                connection.send_command("PING")
                connection.read_response()
            finally:
                pool.release(connection)
            pings[number] += 1

    threads = [Thread(target=work, args=(number,), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return pings, sum(refused)


def jain(shares: list[int]) -> float:
    """1 when all got the same, 1/n when one of n got all."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares) or 1)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
