"""Pools that go wrong when a client gives up a command in the middle."""

import sys
from collections.abc import Callable

import redis

from .conviction import convicted_by
from .sound import SoundPool


@convicted_by("BRK-6")
class LendsOnWhatAClientGaveUp(SoundPool):
    """Saves itself the reconnect, so that the reply is still to come when the next caller asks."""

    def open(self) -> redis.Connection:
        self.opened += 1
        patient: Callable[..., redis.Connection] = Patient
        return patient(**self.connection_kwargs)


class Patient(redis.Connection):
    """Takes a server that is slow to reply for no reason to close."""

    def disconnect(self, *arguments: object) -> None:
        if not isinstance(sys.exception(), TimeoutError | redis.TimeoutError):
            super().disconnect(*arguments)  # type: ignore[no-untyped-call]  # redis-py is typed in part


@convicted_by("BRK-6")
class LendsOnWhatAClientWasInterruptedOn(SoundPool):
    """Closes what a command has failed on, and takes Ctrl-C for no failure of a command."""

    def open(self) -> redis.Connection:
        self.opened += 1
        unstirred: Callable[..., redis.Connection] = Unstirred
        return unstirred(**self.connection_kwargs)


class Unstirred(redis.Connection):
    """Has a handler for every Exception, and KeyboardInterrupt is none."""

    def disconnect(self, *arguments: object) -> None:
        if isinstance(sys.exception(), Exception | None):
            super().disconnect(*arguments)  # type: ignore[no-untyped-call]  # redis-py is typed in part
