"""Pools that do not know, or forget in part, that a child of their process is another process."""

from contextlib import suppress
from socket import SHUT_RDWR, socket

import redis

from .conviction import convicted_by
from .sound import SoundPool


@convicted_by("FRK-1", "FRK-3")
class GoesOnInTheChild(SoundPool):
    """Does not notice that it was forked."""

    def start_anew(self) -> None:
        pass


@convicted_by("FRK-1")
class EndsWhatItInherited(SoundPool):
    """Says goodbye on its parent's connections before it opens its own."""

    def start_anew(self) -> None:
        for connection in self.in_use:
            sock: object = connection._sock
            if isinstance(sock, socket):
                with suppress(OSError):
                    sock.shutdown(SHUT_RDWR)
        super().start_anew()


@convicted_by("FRK-1")
class RefusesToWorkInTheChild(SoundPool):
    """Lets nobody have a connection there, and takes back what was inherited without a word."""

    forked = False

    def start_anew(self) -> None:
        super().start_anew()
        self.forked = True

    def get_connection(self, command_name: str | None = None) -> redis.Connection:
        if self.forked:
            raise RuntimeError("this pool belongs to another process")
        return super().get_connection(command_name)


@convicted_by("FRK-2")
class KeepsTheLockOfItsParent(SoundPool):
    """Starts empty in the child, behind a lock that nobody there may be able to open."""

    def start_anew(self) -> None:
        lock = self.lock
        super().start_anew()
        self.lock = lock


@convicted_by("FRK-3")
class ComplainsOfWhatItInherited(SoundPool):
    """Takes a connection of its parent for a foreign one, and raises when the child releases it."""

    def start_anew(self) -> None:
        super().start_anew()
        self.inherited.clear()


@convicted_by("FRK-3")
class AdoptsWhatItInherited(SoundPool):
    """Lends on in the child what its parent had lent."""

    def turn_down(self, connection: redis.Connection) -> None:
        if connection in self.inherited:
            self.put_back(connection)
        else:
            super().turn_down(connection)


@convicted_by("FRK-3")
class MakesRoomForWhatItInherited(SoundPool):
    """Counts the release of its parent's connection as that of one of its own."""

    def turn_down(self, connection: redis.Connection) -> None:
        if connection in self.inherited:
            self.opened -= 1
        super().turn_down(connection)
