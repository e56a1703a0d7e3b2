"""
How the reference pool compares with redis-py's blocking pool; see `make bench`.

One thread at a time is measured with client and server on one processor.
"""

from collections import deque
from contextlib import suppress
from threading import Barrier, Lock, Thread
from time import monotonic
from typing import cast

import redis
from at_server import where
from measuring import Crowd, Turns, introduce, one_processor, server_asked_for, tell, tell_crowds
from redis.exceptions import ConnectionError as RedisConnectionError

from poolproof.conformance.server import Server
from poolproof.reference_pool import ConnectionPool

CONNECTIONS = 8
THREADS = 64
CROWD_ROUNDS = 3
CROWD_S = 2.0
CROWD_TIMEOUT_S = 0.5

Pool = ConnectionPool | redis.BlockingConnectionPool


def main() -> None:
    """Obtain a server, measure, print."""
    with one_processor() as all_processors, server_asked_for(__doc__) as server:
        parser = redis.connection.DefaultParser.__name__
        introduce(parser, f"{server.product} {server.version}")
        acquire_and_release(server)
        ping(server)
        all_processors()
        crowd(server)


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
        turns = Turns(ours=lambda: cycle(ours), theirs=lambda: cycle(theirs), bare=bare)
        for run in turns:
            run()
    print(f"acquire + release, readiness check included ({turns.seconds('ours') * 1e6:.0f} ns)")
    tell("redis-py's time / ours", f"{turns.ratio('theirs', 'ours'):.2f} x", ">= 5 x")
    tell("ours / a deque and a lock, no check", f"{turns.ratio('ours', 'bare'):.2f} x", "<= 3 x")


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
            with redis.Redis(**where(server)) as client:
                client.ping()

    with ours, theirs:
        turns = Turns(
            ours=lambda: pings(our_client), theirs=lambda: pings(their_client), fresh=fresh
        )
        for run in turns:
            run()
    print(f"PING through redis.Redis ({turns.seconds('ours') / 200 * 1e6:.1f} us)")
    tell("redis-py's time / ours", f"{turns.ratio('theirs', 'ours'):.2f} x", ">= 1.3 x")
    tell("a new client for each / ours", f"{10 * turns.ratio('fresh', 'ours'):.1f} x", "30 to 50 x")


def crowd(server: Server) -> None:
    """Many threads that want the few connections all the time."""
    ours, theirs = pools(server, timeout=CROWD_TIMEOUT_S)
    print(f"{THREADS} threads on {CONNECTIONS} connections, timeout {CROWD_TIMEOUT_S} s")
    with ours, theirs:
        rounds = [(press(ours), press(theirs)) for _ in range(CROWD_ROUNDS)]
    tell_crowds(rounds, throughput="(none)")


def press(pool: Pool) -> Crowd:
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


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
