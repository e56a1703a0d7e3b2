"""
Whoever stops an acquire, wherever it awaits and however late, loses nothing: on a real server, at every
suspension of a task that waits for a connection, connects it, uses it and gives it back.
"""

import asyncio
from asyncio import CancelledError, Future, Task, create_task
from collections.abc import Callable, Coroutine
from contextlib import suppress
from itertools import count
from typing import Literal, get_args

import pytest
import redis
from at_server import connections_named, where
from redis.asyncio.connection import AbstractConnection

from poolproof.conformance.server import Server
from poolproof.reference_pool.asyncio import ConnectionPool, ConnectionPoolTimeoutError

from .asyncio_wires import until
from .inside import waiting

NAME = "poolproof-cancel"
LIMIT_S = 10.0
PATIENCE_S = 30.0  # of a clock that may jump by LIMIT_S

Means = Literal["cancel", "cancel again and again", "cancel wait_for", "wait_for", "timeout"]


class Watched(Coroutine[object, object, None]):
    """A coroutine that counts its suspensions; at one of them, or from there on, something happens."""

    def __init__(
        self,
        coroutine: Coroutine[object, object, None],
        happening: Callable[[], object],
        *,
        at: int,
        again: bool,
        late: bool,
    ) -> None:
        self._coroutine, self._happening = coroutine, happening
        self._at, self._again, self._late = at, again, late
        self.suspensions = 0

    def send(self, value: object) -> object:
        return self._suspended_on(self._coroutine.send(value))

    def throw(self, *error: object) -> object:
        return self._suspended_on(self._coroutine.throw(*error))  # type: ignore[call-overload]  # passed on

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> "Watched":
        return self

    def __iter__(self) -> "Watched":
        return self

    def __next__(self) -> object:
        return self.send(None)

    def _suspended_on(self, awaited: object) -> object:
        self.suspensions += 1
        if self.suspensions == self._at or (self._again and self.suspensions > self._at):
            if self._late and isinstance(awaited, Future):
                # Called just before the task goes on, which is to be told of the future later.
                awaited.add_done_callback(lambda _: self._happening())
            else:
                asyncio.get_running_loop().call_soon(self._happening)
        return awaited


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop that can be told that time has passed."""

    passed_s = 0.0

    def time(self) -> float:
        return super().time() + self.passed_s

    def jump(self) -> None:
        self.passed_s += LIMIT_S


class Scene:
    """
    A pool of one connection, and two tasks that wait for it: the first is stopped, the second must
    get the connection whatever happens to the first.
    """

    def __init__(self, server: Server) -> None:
        self.pool = ConnectionPool(
            **where(server),
            client_name=NAME,
            max_connections=1,
            timeout=None,
            # Beyond the jump of the clock.
            socket_timeout=PATIENCE_S,
            socket_connect_timeout=PATIENCE_S,
            connection_class=self._new_connection,
        )
        self.opened: list[AbstractConnection] = []
        self.first: Task[None] | None = None

    def _new_connection(self, **kwargs: object) -> AbstractConnection:
        self.opened.append(redis.asyncio.Connection(**kwargs))  # type: ignore[arg-type]  # passed on
        return self.opened[-1]

    def stop(self, means: Means) -> None:
        if "cancel" in means:
            assert self.first is not None
            self.first.cancel()
        else:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, JumpingLoop)
            loop.jump()

    async def play(self, means: Means, at: int, late: bool) -> bool:
        """Stop the first task at this suspension; whether it came to that."""
        held = await self.pool.get_connection()
        watched = Watched(
            self._use(), lambda: self.stop(means), at=at, again=means.endswith("again"), late=late
        )
        self.first = create_task(self._within(means, watched))
        await until(waiting(self.pool, 1))
        second = create_task(self.pool.get_connection())
        await until(waiting(self.pool, 2))
        # So that the first has to connect what it is handed.
        await held.disconnect()
        await self.pool.release(held)
        with suppress(CancelledError):
            await self.first
        connection = await second
        await connection.send_command("ECHO", "second")

        assert await connection.read_response() == b"second"
        assert (self.pool._queues.in_use, len(self.pool._queues.waiters)) == (1, 0)
        assert [each for each in self.opened if each.is_connected] == [connection]
        return watched.suspensions >= at

    async def _use(self) -> None:
        async with self.pool.connection() as connection:
            await connection.send_command("ECHO", "first")
            assert await connection.read_response() == b"first"

    async def _within(self, means: Means, watched: Watched) -> None:
        with suppress(TimeoutError):
            if "wait_for" in means:
                await asyncio.wait_for(watched, LIMIT_S - 1)
            else:
                async with asyncio.timeout(LIMIT_S - 1):
                    await watched


@pytest.mark.parametrize("late", [False, True], ids=["while suspended", "just before it goes on"])
@pytest.mark.parametrize("means", get_args(Means))
def test_stopping_a_task_at_any_suspension_loses_nothing(
    server: Server, means: Means, late: bool
) -> None:
    async def stop_at(suspension: int) -> bool:
        scene = Scene(server)
        came_to_that = await asyncio.wait_for(scene.play(means, suspension, late), PATIENCE_S)

        assert len(connections_named(server, NAME)) == 1
        await scene.pool.disconnect()
        return came_to_that

    for suspension in count(1):
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            if not runner.run(stop_at(suspension)):
                break

    # Waiting is one suspension, connecting at least two, and reading the reply one.
    assert suspension > 4


@pytest.mark.parametrize("first", ["hand-off", "deadline"])
def test_when_hand_off_and_deadline_meet_the_first_one_wins(
    server: Server, first: Literal["hand-off", "deadline"]
) -> None:
    """Both come due in one round of the loop, before the waiter runs again."""

    async def meet() -> None:
        scene = Scene(server)
        pool, loop = scene.pool, asyncio.get_running_loop()
        held = await pool.get_connection()
        pool.timeout = LIMIT_S - 2
        waiter = create_task(pool.get_connection())
        await until(waiting(pool, 1))
        # What is ready comes before what becomes due, and that in the order of its times.
        if first == "hand-off":
            loop.call_soon(pool.release, held)
        else:
            loop.call_later(LIMIT_S - 1, pool.release, held)
        scene.stop("timeout")
        if first == "hand-off":
            assert await waiter is held
            await pool.release(held)
        else:
            with pytest.raises(ConnectionPoolTimeoutError):
                await waiter

        assert (pool._queues.in_use, len(pool._queues.waiters)) == (0, 0)
        assert await pool.get_connection() is held
        await pool.disconnect()

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(asyncio.wait_for(meet(), PATIENCE_S))
