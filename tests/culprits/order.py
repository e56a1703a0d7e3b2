"""Pools that keep no queue."""

from collections.abc import Hashable

import redis

from .conviction import convicted_by
from .sound import SoundPool


@convicted_by("ORD-1", "BND-3", "FAIR-2", "REE-1")
class TakesTurnsByNumber(SoundPool):
    """Takes the idle connection that was opened next after the one taken last."""

    last = -1

    def prepare(self) -> None:
        self.number: dict[Hashable, int] = {}

    def open(self) -> redis.Connection:
        connection = super().open()
        self.number[connection] = len(self.number)
        return connection

    def take_idle(self) -> redis.Connection:
        later = [each for each in self.idle if self.number[each] > self.last]
        taken = min(later or self.idle, key=lambda each: self.number[each])
        self.last = self.number[taken]
        self.idle.remove(taken)
        return taken


@convicted_by("ORD-1", "ORD-2")
class PutsBackAtTheFront(SoundPool):
    """Serves the connection that was released last, so that the others are never used."""

    def put_back(self, connection: redis.Connection) -> None:
        self.idle.appendleft(connection)


@convicted_by("ORD-2", "ORD-1")
class NeverTakesTheFront(SoundPool):
    """Takes the second of the idle connections, if there is one."""

    def take_idle(self) -> redis.Connection:
        taken = self.idle[min(1, len(self.idle) - 1)]
        self.idle.remove(taken)
        return taken


@convicted_by("ORD-3")
class OpensBeforeItReuses(SoundPool):
    """Opens new connections as long as it may, whether there are idle ones or not."""

    def take(self) -> redis.Connection:
        if self.opened < self.max_connections:
            return self.open()
        return self.take_idle()
