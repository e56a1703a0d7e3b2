"""Pools that do not find back when the server was there and answered nobody.

They reckon with connections that end, and not with replies that do not come in time.
"""

import sys
from collections.abc import Callable

import redis

from .sound import SoundPool


class LosesTheSlotOfASilentConnect(SoundPool):
    """Gives the slot back when nobody lets it in, and forgets it when it is let in and not greeted."""

    def give_up(self, connection: redis.Connection, raised: BaseException) -> None:
        if not isinstance(raised, redis.TimeoutError) or connection.is_connected:
            super().give_up(connection, raised)


class ForgetsTheSlotOfASilentConnection(SoundPool):
    """Throws away what did not answer its holder in time, and still counts it."""

    def open(self) -> redis.Connection:
        self.opened += 1
        noting: Callable[..., redis.Connection] = Noting
        return noting(**self.connection_kwargs)

    def put_back(self, connection: redis.Connection) -> None:
        assert isinstance(connection, Noting)
        if not connection.was_silent:
            super().put_back(connection)


class Noting(redis.Connection):
    """Notes that a reply did not come in time."""

    was_silent = False

    def disconnect(self, *arguments: object) -> None:
        if isinstance(sys.exception(), TimeoutError | redis.TimeoutError):
            self.was_silent = True
        super().disconnect(*arguments)  # type: ignore[no-untyped-call]  # redis-py is typed in part
