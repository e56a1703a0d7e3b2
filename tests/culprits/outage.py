"""Pools that do not find back when the server has been away."""

import redis

from .sound import SoundPool


class TakesARefusalForExhaustion(SoundPool):
    """Has one error for all that keeps a caller from getting a connection."""

    def connect(self, connection: redis.Connection) -> None:
        try:
            super().connect(connection)
        except redis.ConnectionError as refused:
            raise self.exhausted() from refused


class LosesTheSlotOfAFailedConnect(SoundPool):
    """Gives the slot back after an interrupt, and forgets it when the server lets nobody in."""

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.ConnectionError):
            super().give_up(connection, raised)


class KeepsAFailedConnectFromTheNext(SoundPool):
    """Takes the slot of a failed connect back, and tells nobody."""

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if isinstance(raised, redis.ConnectionError):
            with self.lock:
                self.in_use.remove(connection)
                self.put_back(connection)
        else:
            super().give_up(connection, raised)


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


class ForgetsTheSlotOfWhoIsTurnedAway(SoundPool):
    """Gives the slot back when nobody listens, and forgets it when a server does not let it in."""

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.ConnectionError) or isinstance(raised.__context__, OSError):
            super().give_up(connection, raised)
