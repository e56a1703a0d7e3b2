"""
How the reference pool for asyncio compares with redis-py's; see `make bench`.

Client and server share one processor.
"""

import asyncio
from asyncio import gather, get_running_loop
from contextlib import suppress
from functools import partial
from typing import cast

import redis.asyncio
from at_server import where
from measuring import Crowd, Turns, introduce, one_processor, server_asked_for, tell, tell_crowds
from redis.exceptions import ConnectionError as RedisConnectionError

from poolproof.conformance.server import Server
from poolproof.reference_pool.asyncio import ConnectionPool

CONNECTIONS = 8
TASKS = 1000
CROWD_CONNECTIONS = 20
CROWD_ROUNDS = 3
CROWD_S = 2.0
CROWD_TIMEOUT_S = 1.0

Pool = ConnectionPool | redis.asyncio.BlockingConnectionPool


def main() -> None:
    """Obtain a server, measure, print."""
    with one_processor(), server_asked_for(__doc__) as server:
        parser = redis.asyncio.connection.DefaultParser.__name__
        introduce(parser, f"{server.product} {server.version}")
        asyncio.run(measure(server))


async def measure(server: Server) -> None:
    await acquire_and_release(server)
    await ping(server)
    await crowd(server)


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


async def acquire_and_release(server: Server) -> None:
    """The price of the pool itself, nobody else about."""
    ours, theirs = pools(server)

    async def cycle_ours() -> None:
        for _ in range(1000):
            await ours.release(await ours.get_connection())

    async def cycle_theirs() -> None:
        for _ in range(1000):
            await theirs.release(await theirs.get_connection())

    turns = Turns(ours=cycle_ours, theirs=cycle_theirs)
    for run in turns:
        await run()
    print(f"acquire + release, readiness check included ({turns.seconds('ours') * 1e6:.0f} ns)")
    tell("redis-py's time / ours", f"{turns.ratio('theirs', 'ours'):.1f} x", ">= 20 x")
    await gather(ours.disconnect(), theirs.disconnect())


async def ping(server: Server) -> None:
    """What a caller of redis.asyncio.Redis notices."""
    ours, theirs = pools(server)

    async def pings(client: redis.asyncio.Redis) -> None:
        for _ in range(200):
            await client.ping()

    our_client, their_client = client_of(ours), client_of(theirs)
    turns = Turns(ours=partial(pings, our_client), theirs=partial(pings, their_client))
    for run in turns:
        await run()
    print(f"PING through redis.asyncio.Redis ({turns.seconds('ours') / 200 * 1e6:.1f} us)")
    tell("redis-py's time / ours", f"{turns.ratio('theirs', 'ours'):.2f} x", ">= 1.2 x")
    await gather(ours.disconnect(), theirs.disconnect())


async def crowd(server: Server) -> None:
    """Many tasks that want the few connections all the time."""
    ours, theirs = pools(server, CROWD_CONNECTIONS, CROWD_TIMEOUT_S)
    print(f"{TASKS} tasks on {CROWD_CONNECTIONS} connections, timeout {CROWD_TIMEOUT_S} s")
    rounds = [(await press(ours), await press(theirs)) for _ in range(CROWD_ROUNDS)]
    tell_crowds(rounds, throughput=">= 1 x")
    await gather(ours.disconnect(), theirs.disconnect())


async def press(pool: Pool) -> Crowd:
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


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
