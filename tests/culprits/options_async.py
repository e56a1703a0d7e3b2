"""The same for asyncio: a sound pool that offers what pools may offer, and some that err."""

import asyncio
from contextlib import suppress
from time import monotonic

import redis
from redis.asyncio import Connection

from .closing_async import ClosableAsyncPool
from .conviction import convicted_by
from .reauthentication_async import ReauthenticatingAsyncPool


class OptionsAsyncPool(ReauthenticatingAsyncPool, ClosableAsyncPool):
    """Upholds every clause. What has grown too old it opens anew, in its place."""

    def __init__(
        self,
        *,
        max_idle_time: float | None = None,
        max_lifetime: float | None = None,
        min_idle: int | None = None,
        **arguments: object,
    ) -> None:
        self.max_idle_time = max_idle_time
        self.max_lifetime = max_lifetime
        self.min_idle = min_idle or 0
        super().__init__(**arguments)  # type: ignore[arg-type]  # passed on as they are

    def prepare(self) -> None:
        self.idle_since: dict[Connection, float] = {}
        self.open_since: dict[Connection, float] = {}
        self.returned = asyncio.Event()

    async def get_connection(
        self,
        command_name: str | None = None,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - it is what a pool offers by this name
    ) -> Connection:
        await self.fill()
        connection = await self.wait_at_most(self.patience(timeout))
        if connection is None:
            raise self.exhausted()
        await self.connect(connection)
        return connection

    async def fill(self) -> None:
        """Open as many connections as are to be open when nobody uses any, when a task comes."""
        while self.opened < min(self.min_idle, self.max_connections):
            connection = self.open()
            self.in_use.add(connection)
            await self.connect(connection)
            self.give_back(connection)

    async def open_again(self, connection: Connection) -> None:
        """Do so if its holder closed it, before it is idle."""
        with suppress(redis.ConnectionError):  # the next who gets it will see
            await connection.connect()

    def patience(self, timeout: float | None) -> float | None:
        """How long a task waits that names this timeout."""
        return self.timeout if timeout is None else timeout

    def put_back(self, connection: Connection) -> None:
        self.idle_since[connection] = monotonic()
        super().put_back(connection)

    async def release(self, connection: Connection) -> None:
        if self.min_idle and connection in self.in_use:
            await self.open_again(connection)
        await super().release(connection)
        self.returned.set()

    async def aclose(self, grace: float | None = None) -> None:
        if grace is not None and not self.closed:
            await self.await_holders(grace)
        await super().aclose()

    async def await_holders(self, grace: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                while self.in_use:
                    self.returned.clear()
                    await self.returned.wait()

    async def make_ready(self, connection: Connection) -> None:
        if self.is_too_old(connection):
            await connection.disconnect(nowait=True)
        before: object = connection._writer
        await super().make_ready(connection)
        if connection._writer is not before:
            self.open_since[connection] = monotonic()

    def is_too_old(self, connection: Connection) -> bool:
        return self.was_idle_too_long(connection) or self.was_open_too_long(connection)

    def was_idle_too_long(self, connection: Connection) -> bool:
        since = self.idle_since.get(connection, monotonic())
        return self.max_idle_time is not None and monotonic() - since > self.max_idle_time

    def was_open_too_long(self, connection: Connection) -> bool:
        since = self.open_since.get(connection, monotonic())
        return self.max_lifetime is not None and monotonic() - since > self.max_lifetime


@convicted_by("OPT-1")
class ForgetsHowLongATaskLeftItIdle(OptionsAsyncPool):
    """Takes a maximum idle time and does not look at it."""

    def was_idle_too_long(self, connection: Connection) -> bool:
        return False


@convicted_by("OPT-2")
class CountsLifetimeFromTheLastUse(OptionsAsyncPool):
    """Replaces only what no task has used for so long."""

    def was_open_too_long(self, connection: Connection) -> bool:
        since = self.idle_since.get(connection, monotonic())
        return self.max_lifetime is not None and monotonic() - since > self.max_lifetime


@convicted_by("OPT-5")
class OpensNothingBeforeATaskAsks(OptionsAsyncPool):
    """Takes a minimum of idle connections, and opens each when a task comes for it."""

    async def fill(self) -> None:
        pass


@convicted_by("OPT-5")
class CountsWhatItsTasksClosed(OptionsAsyncPool):
    """Takes a connection that its holder closed for one that is ready."""

    async def open_again(self, connection: Connection) -> None:
        pass


@convicted_by("OPT-3")
class KnowsBetterHowLongATaskWaits(OptionsAsyncPool):
    """Takes a timeout for one acquire, and waits as long as for any other."""

    def patience(self, timeout: float | None) -> float | None:
        return self.timeout


@convicted_by("OPT-4")
class ClosesOverItsTasks(OptionsAsyncPool):
    """Takes a grace period and closes at once."""

    async def await_holders(self, grace: float) -> None:
        pass


@convicted_by("OPT-1")
class EndsWhatATaskUses(OptionsAsyncPool):
    """Ends, whenever a task comes, all that was released so long ago, also if it is in use again."""

    async def get_connection(
        self,
        command_name: str | None = None,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - it is what a pool offers by this name
    ) -> Connection:
        connection = await super().get_connection(command_name, timeout=timeout)
        for other in self.in_use - {connection}:
            if other in self.idle_since and self.was_idle_too_long(other):
                await other.disconnect()
        return connection


@convicted_by("BND-2", "BND-3", "TMO-1")
class IsExhaustedWhileItOpens(OptionsAsyncPool):
    """Turns tasks away as long as one opens what is to be idle."""

    filling = False

    async def fill(self) -> None:
        if self.filling:
            raise self.exhausted()
        self.filling = True
        try:
            await super().fill()
        finally:
            self.filling = False
