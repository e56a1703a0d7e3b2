"""coredis' ConnectionPool."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from coredis.connection import TCPConnection
from coredis.pool import ConnectionPool

from poolproof.spec import Capability

from .adapter import AsyncAdapter
from .settings import PoolSettings


@dataclass(slots=True, eq=False)
class Hosted:
    """A pool in a task of its own: it has a task group, which must be left where it was entered."""

    pool: ConnectionPool[TCPConnection]
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] = field(init=False)

    async def enter(self) -> "Hosted":
        """Start the task, and return when connections can be asked for."""
        self.task = asyncio.create_task(self._stay())
        await self.entered.wait()
        return self

    async def leave(self) -> None:
        """Let the task end, and with it every connection."""
        self.leaving.set()
        await self.task

    async def _stay(self) -> None:
        async with self.pool:
            self.entered.set()
            await self.leaving.wait()


@dataclass(slots=True, eq=False)
class LentConnection:
    """A connection, and the replies that its holder has yet to receive."""

    connection: TCPConnection
    replies: deque[Awaitable[object]] = field(default_factory=deque)


class CoredisAdapter(AsyncAdapter[Hosted, LentConnection]):
    """A pool is entered when it is opened, and left when it is closed."""

    async def open(self, settings: PoolSettings) -> Hosted:
        """Build a pool and enter it."""
        return await Hosted(_build(settings)).enter()

    async def acquire(self, pool: Hosted) -> LentConnection:
        """Await `get_connection`."""
        return LentConnection(await pool.pool.get_connection())

    async def release(self, pool: Hosted, connection: LentConnection) -> None:
        """Call `release`."""
        pool.pool.release(connection.connection)

    async def send(self, connection: LentConnection, *words: str | float) -> None:
        """Queue a request, which the connection's own task sends."""
        name = str(words[0]).encode()
        connection.replies.append(connection.connection.create_request(name, *words[1:]))

    async def receive(self, connection: LentConnection) -> object:
        """Await the oldest request."""
        return await connection.replies.popleft()

    async def disconnect(self, connection: LentConnection) -> None:
        """Call `invalidate`, as coredis asks of a holder who cannot trust the connection any more."""
        connection.connection.invalidate()

    async def close(self, pool: Hosted) -> None:
        """Leave the pool."""
        await pool.leave()

    def offers(self, pool: Hosted) -> frozenset[Capability]:  # noqa: ARG002 - every pool does
        """There is a block: `async with pool.acquire()`."""
        return frozenset({Capability.CONTEXT_MANAGER})

    def block(self, pool: Hosted) -> AbstractAsyncContextManager[LentConnection]:
        """Call `acquire`."""
        return _block(pool)


@asynccontextmanager
async def _block(pool: Hosted) -> AsyncIterator[LentConnection]:
    async with pool.pool.acquire() as connection:
        yield LentConnection(connection)


def _build(settings: PoolSettings) -> ConnectionPool[TCPConnection]:
    build: Callable[..., ConnectionPool[TCPConnection]] = ConnectionPool
    arguments = settings.connection_arguments()
    if "socket_timeout" in arguments:
        arguments["stream_timeout"] = arguments.pop("socket_timeout")
    return build(
        max_connections=settings.max_connections,
        timeout=settings.timeout,
        **arguments,
        **settings.extra,
    )
