"""
How many runs a second the loop with a virtual clock makes; see `make bench`.

One run makes a loop, a pool of two connections and five callers, of whom one is cancelled and one
waits in vain until its deadline, and ends the loop. The pool is asyncio's own queue over doubles that
suspend as connections do, or redis-py's blocking pool over a real server on loopback.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from time import perf_counter

import redis.asyncio
from at_server import where
from measuring import introduce, server_asked_for, tell

from poolproof.conformance.engines.asyncio import Cancellation, VirtualLoop, start, sweep
from poolproof.conformance.server import Server

SECONDS = 3.0
CONNECTIONS = 2
TIMEOUT_S = 5.0


def main() -> None:
    """Obtain a server, measure, print."""
    with server_asked_for(__doc__) as server:
        introduce(f"{server.product} {server.version}")
        print("runs a second")
        for what, per_s, target in (
            ("a loop that is made and ended", rate(empty), "(none)"),
            ("a run on in-process doubles", rate(lambda: run(Doubles)), ">= 500"),
            ("a cancelled run of a sweep on doubles", swept(), ">= 500"),
            ("a run on real connections", rate(lambda: run(lambda: Real(server))), ">= 100"),
        ):
            tell(what, f"{per_s:.0f}", target)


def rate(once: Callable[[], object]) -> float:
    """How often a second, measured after one that does not count."""
    once()
    started = perf_counter()
    runs = 0
    while perf_counter() - started < SECONDS:
        once()
        runs += 1
    return runs / (perf_counter() - started)


def empty() -> None:
    VirtualLoop().end()


class Doubles:
    """A pool of asyncio's own making, over connections that are numbers and suspend once."""

    def __init__(self) -> None:
        self._queue: asyncio.LifoQueue[int] = asyncio.LifoQueue()
        for number in range(CONNECTIONS):
            self._queue.put_nowait(number)

    async def use(self) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            connection = await self._queue.get()
        try:
            await asyncio.sleep(0)
        finally:
            self._queue.put_nowait(connection)

    async def hold(self) -> None:
        await self._queue.get()

    async def close(self) -> None:
        pass


class Real:
    """redis-py's blocking pool."""

    def __init__(self, server: Server) -> None:
        self._pool = redis.asyncio.BlockingConnectionPool(
            max_connections=CONNECTIONS,
            timeout=TIMEOUT_S,
            **where(server),
        )
        self._held: list[redis.asyncio.Connection] = []

    async def use(self) -> None:
        connection = await self._pool.get_connection()
        try:
            await connection.send_command("ECHO", "word")
            await connection.read_response()
        finally:
            await self._pool.release(connection)

    async def hold(self) -> None:
        self._held.append(await self._pool.get_connection())

    async def close(self) -> None:
        for connection in self._held:
            await self._pool.release(connection)
        await self._pool.disconnect()


async def made(make: Callable[[], Doubles | Real]) -> Doubles | Real:
    return make()


def run(make: Callable[[], Doubles | Real], cancellation: Cancellation | None = None) -> int:
    """One run; returns how often the second caller suspended."""
    loop = VirtualLoop()

    def quiet(*coroutines: Coroutine[object, object, object]) -> list[asyncio.Task[object]]:
        tasks = [loop.create_task(coroutine) for coroutine in coroutines]
        loop.run_until_quiet()
        return tasks

    making = loop.create_task(made(make))
    loop.run_until_quiet()
    pool = making.result()
    quiet(pool.use(), pool.use())
    started = start(loop, pool.use(), cancellation)
    first, second = quiet(pool.hold(), pool.hold())
    assert first.done()
    assert second.done()
    (parked,) = quiet(pool.use())
    deadline_s = loop.next_deadline_s()
    assert deadline_s is not None
    loop.advance_to(deadline_s)
    loop.run_until_quiet()
    assert parked.done()
    assert parked.exception() is not None
    quiet(pool.close())
    with suppress(asyncio.CancelledError):
        started.task.result()
    assert loop.end() == []
    return started.suspensions


def swept() -> float:
    runs = 0

    def run_one(cancellation: Cancellation | None) -> int:
        nonlocal runs
        runs += 1
        return run(Doubles, cancellation)

    started = perf_counter()
    while perf_counter() - started < SECONDS:
        sweep(run_one)
    return runs / (perf_counter() - started)


if __name__ == "__main__":
    main()
