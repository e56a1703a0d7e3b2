"""Pools that do not find back when the server has been away."""

import redis

from .breakage import LetsALookEscape
from .conviction import convicted_by
from .sound import SoundPool, is_due


@convicted_by("BRK-4")
class TakesARefusalForExhaustion(SoundPool):
    """Has one error for all that keeps a caller from getting a connection."""

    def connect(self, connection: redis.Connection) -> None:
        try:
            super().connect(connection)
        except redis.ConnectionError as refused:
            raise self.exhausted() from refused


@convicted_by("BRK-4", "BRK-5")
class LosesTheSlotOfAFailedConnect(SoundPool):
    """Gives the slot back after an interrupt, and forgets it when the server lets nobody in."""

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.ConnectionError):
            super().give_up(connection, raised)


@convicted_by("BRK-4", "BRK-5")
class KeepsAFailedConnectFromTheNext(SoundPool):
    """Takes the slot of a failed connect back, and tells nobody."""

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if isinstance(raised, redis.ConnectionError):
            with self.lock:
                self.in_use.remove(connection)
                self.put_back(connection)
        else:
            super().give_up(connection, raised)


@convicted_by("BRK-5")
class LosesWhatCannotBeOpenedAgain(SoundPool):
    """Keeps its count when a first connect fails, but not when what has broken cannot be replaced."""

    def prepare(self) -> None:
        self.opened_once: set[redis.Connection] = set()

    def connect(self, connection: redis.Connection) -> None:
        super().connect(connection)
        self.opened_once.add(connection)

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if connection not in self.opened_once or not isinstance(raised, redis.ConnectionError):
            super().give_up(connection, raised)


@convicted_by("BRK-4", "BRK-5")
class ForgetsTheSlotOfWhoIsTurnedAway(SoundPool):
    """Gives the slot back when nobody listens, and forgets it when a server does not let it in."""

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.ConnectionError) or isinstance(raised.__context__, OSError):
            super().give_up(connection, raised)


@convicted_by("BRK-4")
class CountsWhatItCannotMake(SoundPool):
    """Has counted a connection before there is one."""

    def open(self) -> redis.Connection:
        self.opened += 1
        return self.connection_class(**self.connection_kwargs)


@convicted_by("BRK-4")
class ReckonsWithErrorsOfTheServerOnly(SoundPool):
    """Gives the slot back when the server is to blame, and forgets it when anybody else is."""

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if isinstance(raised, redis.RedisError) or not isinstance(raised, Exception):
            super().give_up(connection, raised)


@convicted_by("BRK-4", "BRK-1")
class LooksWhereNothingMayGoWrong(LetsALookEscape):
    """Gives the slot back when it cannot connect, and forgets it when looking takes too long."""

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.TimeoutError):
            super().give_up(connection, raised)


@convicted_by("BRK-4")
class TrustsThatClosingSucceeds(SoundPool):
    """Closes what it gives up before it gives the slot back, and closing may raise."""

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        connection.disconnect()
        self.release(connection)


@convicted_by("BRK-4")
class ForgetsWhatItCannotClose(SoundPool):
    """Keeps of its idle connections those that it has closed, when it disconnects."""

    def disconnect(self) -> None:
        with self.lock:
            idle = [*self.idle]
            self.idle.clear()
            for connection in idle:
                connection.disconnect()
                self.put_back(connection)


@convicted_by("BRK-4", "BRK-5")
class ClosesBeforeItTakesBack(SoundPool):
    """Closes what comes back spoilt, and only then has it."""

    def put_back(self, connection: redis.Connection) -> None:
        if self.is_spoilt(connection):
            connection.disconnect()
        super().put_back(connection)


@convicted_by("BRK-5", "RET-5", "BRK-3")
class ClosesWhatIsDueBeforeItTakesBack(SoundPool):
    """Closes what is to be opened again, and only then has it."""

    def put_back(self, connection: redis.Connection) -> None:
        if is_due(connection):
            connection.disconnect()
        super().put_back(connection)
