"""A sound pool that offers what pools may offer besides, and pools that do not keep to it."""

from contextlib import suppress
from time import monotonic

import redis

from .closing import ClosablePool
from .conviction import convicted_by
from .reauthentication import ReauthenticatingPool
from .sound import Waiter


class OptionsPool(ReauthenticatingPool, ClosablePool):
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
        self.fill()

    def prepare(self) -> None:
        self.idle_since: dict[redis.Connection, float] = {}
        self.open_since: dict[redis.Connection, float] = {}
        self.listeners: list[Waiter] = []
        """The bells of those who wait for connections to be released."""

    def get_connection(
        self, command_name: str | None = None, *, timeout: float | None = None
    ) -> redis.Connection:
        connection = self.wait_for_connection(self.patience(timeout))
        if connection is None:
            raise self.exhausted()
        self.connect(connection)
        return connection

    def fill(self) -> None:
        """Open as many connections as are to be open when nobody uses any."""
        while self.opened < min(self.min_idle, self.max_connections):
            connection = self.open()
            self.make_ready(connection)
            self.put_back(connection)

    def release(self, connection: redis.Connection) -> None:
        if self.min_idle and connection in self.in_use:
            self.open_again(connection)
        super().release(connection)

    def open_again(self, connection: redis.Connection) -> None:
        """Do so if its holder closed it, before it is idle."""
        with suppress(redis.ConnectionError):  # the next who gets it will see
            connection.connect()

    def patience(self, timeout: float | None) -> float | None:
        """How long a caller waits who names this timeout."""
        return self.timeout if timeout is None else timeout

    def put_back(self, connection: redis.Connection) -> None:
        self.idle_since[connection] = monotonic()
        super().put_back(connection)
        for listener in [*self.listeners]:
            listener.ring()

    def close(self, grace: float | None = None) -> None:
        if grace is not None and not self.closed:
            self.await_holders(grace)
        super().close()

    def await_holders(self, grace: float) -> None:
        deadline = monotonic() + grace
        listener = Waiter()
        self.listeners.append(listener)
        while self.in_use and monotonic() < deadline:
            listener.wait(deadline - monotonic())
        self.listeners.remove(listener)

    def take_idle(self) -> redis.Connection:
        connection = super().take_idle()
        if self.is_too_old(connection):
            connection.disconnect()
        return connection

    def is_too_old(self, connection: redis.Connection) -> bool:
        return self.was_idle_too_long(connection) or self.was_open_too_long(connection)

    def was_idle_too_long(self, connection: redis.Connection) -> bool:
        since = self.idle_since[connection]
        return self.max_idle_time is not None and monotonic() - since > self.max_idle_time

    def was_open_too_long(self, connection: redis.Connection) -> bool:
        since = self.open_since.get(connection, monotonic())
        return self.max_lifetime is not None and monotonic() - since > self.max_lifetime

    def make_ready(self, connection: redis.Connection) -> None:
        before: object = connection._sock
        super().make_ready(connection)
        if connection._sock is not before:
            self.open_since[connection] = monotonic()


@convicted_by("OPT-1")
class ForgetsHowLongItWasIdle(OptionsPool):
    """Takes a maximum idle time and does not look at it."""

    def was_idle_too_long(self, connection: redis.Connection) -> bool:
        return False


@convicted_by("OPT-1")
class LooksAtEveryOtherOne(OptionsPool):
    """Has replaced one that was too old, and takes it that the next one is young."""

    replaced = False

    def was_idle_too_long(self, connection: redis.Connection) -> bool:
        self.replaced = not self.replaced and super().was_idle_too_long(connection)
        return self.replaced


@convicted_by("OPT-2")
class TakesLifetimeForIdleTime(OptionsPool):
    """Replaces only what nobody has used for so long."""

    def was_open_too_long(self, connection: redis.Connection) -> bool:
        since = self.idle_since[connection]
        return self.max_lifetime is not None and monotonic() - since > self.max_lifetime


@convicted_by("OPT-5")
class OpensNothingInAdvance(OptionsPool):
    """Takes a minimum of idle connections, and opens each when somebody comes for it."""

    def fill(self) -> None:
        pass


@convicted_by("OPT-5")
class CountsWhatIsClosed(OptionsPool):
    """Takes a connection that its holder closed for one that is ready."""

    def open_again(self, connection: redis.Connection) -> None:
        pass


@convicted_by("OPT-3")
class KnowsBetterHowLongToWait(OptionsPool):
    """Takes a timeout for one acquire, and waits as long as for any other."""

    def patience(self, timeout: float | None) -> float | None:
        return self.timeout


@convicted_by("OPT-3")
class WaitsNoLongerThanItsOwnTimeout(OptionsPool):
    """Lets a caller wait for less than others, and not for more."""

    def patience(self, timeout: float | None) -> float | None:
        named = super().patience(timeout)
        return named if named is None or self.timeout is None else min(named, self.timeout)


@convicted_by("OPT-4")
class ClosesOverItsHolders(OptionsPool):
    """Takes a grace period and closes at once."""

    def await_holders(self, grace: float) -> None:
        pass


@convicted_by("OPT-4")
class WaitsForTheLastHolder(OptionsPool):
    """Closes when nobody holds a connection any more, however long that takes."""

    def await_holders(self, grace: float) -> None:
        super().await_holders(1e6)


@convicted_by("OPT-1")
class EndsWhatIsInUse(OptionsPool):
    """Ends, whenever somebody comes, all that was released so long ago, also if it is in use again."""

    def get_connection(
        self, command_name: str | None = None, *, timeout: float | None = None
    ) -> redis.Connection:
        connection = super().get_connection(command_name, timeout=timeout)
        for other in self.in_use - {connection}:
            if other in self.idle_since and self.was_idle_too_long(other):
                other.disconnect()
        return connection


@convicted_by("OPT-2")
class EndsTheOldInUse(OptionsPool):
    """Ends, whenever somebody comes, all that was opened so long ago, also if it is in use."""

    def get_connection(
        self, command_name: str | None = None, *, timeout: float | None = None
    ) -> redis.Connection:
        connection = super().get_connection(command_name, timeout=timeout)
        for other in self.in_use - {connection}:
            if self.was_open_too_long(other):
                other.disconnect()
        return connection


@convicted_by("BND-3", "RET-1", "OPT-2")
class LosesWhatHasALifetime(OptionsPool):
    """Forgets, if connections have a maximum lifetime, whatever is released."""

    def put_back(self, connection: redis.Connection) -> None:
        if self.max_lifetime is None:
            super().put_back(connection)
