"""Pools that hang, crash, leave, make a noise or do worse: each costs a verdict, never the run.

Where a test asks for it, the processes that such a pool runs in are written down in a file, one to a
line, together with what the test wants to know about them.
"""

import os
import re
import shlex
import signal
import sys
import threading
from itertools import count
from pathlib import Path

import redis
from redis.connection import AbstractConnection

from poolproof.reference_pool import ConnectionPool


def note(word: str) -> None:
    """Write a word into the file that the test named."""
    if path := os.environ.get("POOLPROOF_TEST_NOTES"):
        with Path(path).open("a", encoding="utf-8") as notes:
            notes.write(f"{word}\n")


def hang() -> None:
    threading.Event().wait()


note(f"process {os.getpid()}")
note(f"argv {shlex.join(sys.orig_argv)}")


class HangsWhenBuilt(ConnectionPool):
    def __init__(self, **arguments: object) -> None:
        hang()


class HangsInAcquire(ConnectionPool):
    def get_connection(self, *_command: object, **_options: object) -> AbstractConnection:
        hang()
        raise AssertionError


class HangsInRelease(ConnectionPool):
    def release(self, connection: object) -> None:
        hang()


class HangsWhenExhausted(ConnectionPool):
    """Does not know of a timeout."""

    def __init__(self, *, timeout: float | None = 5, **arguments: object) -> None:
        super().__init__(timeout=None, **arguments)  # type: ignore[arg-type]  # passed on


class LeavesWhenBuilt(ConnectionPool):
    def __init__(self, **arguments: object) -> None:
        os._exit(7)


class Late(ConnectionPool):
    """Does nothing bad before the twentieth pool, when programs have been running for a while."""

    built = count(1)

    def __init__(self, **arguments: object) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]  # passed on
        self.number = next(Late.built)

    def get_connection(self, *_command: object, **_options: object) -> AbstractConnection:
        if self.number >= 20:
            self.sin()
        return super().get_connection()

    def sin(self) -> None:
        raise NotImplementedError


class Leaves(Late):
    def sin(self) -> None:
        os._exit(7)


class LeavesWithAForkBehind(Late):
    """The child of the fork holds on to everything that its parent had open."""

    def sin(self) -> None:
        child = os.fork()
        if child == 0:
            hang()
        note(f"process {child}")
        os._exit(7)


class IsKilled(Late):
    def sin(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class IsKilledNamelessly(Late):
    """By a signal for which Python has no name."""

    def sin(self) -> None:
        os.kill(os.getpid(), signal.SIGRTMIN + 6)


class HoldsTheInterpreter(Late):
    """No other thread of its process runs any more."""

    def sin(self) -> None:
        re.match(r"(a+)+$", "a" * 60 + "b")


class ClosesWhatIsOpen(Late):
    def sin(self) -> None:
        os.closerange(0, 256)


class WritesIntoWhatIsOpen(Late):
    def sin(self) -> None:
        for descriptor in range(3, 256):
            try:
                os.set_blocking(descriptor, False)
                os.write(descriptor, b"some {garbage}\n")
            except OSError:
                continue


class EndsTheServer(Late):
    def sin(self) -> None:
        connection = super(Late, self).get_connection()
        connection.send_command("SHUTDOWN", "NOSAVE")
        hang()


class SystemExitInAcquire(Late):
    def sin(self) -> None:
        sys.exit("no more connections")


class KeyboardInterruptInAcquire(Late):
    def sin(self) -> None:
        raise KeyboardInterrupt


class ShowsWhatNoTerminalCan(Late):
    def sin(self) -> None:
        raise redis.ConnectionError("half a character: \udcff")


class StartsThreadsThatNeverEnd(ConnectionPool):
    def __init__(self, **arguments: object) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]  # passed on
        threading.Thread(target=hang, daemon=False).start()


class PrintsWithoutEnd(ConnectionPool):
    printed = False

    def __init__(self, **arguments: object) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]  # passed on
        if not PrintsWithoutEnd.printed:
            PrintsWithoutEnd.printed = True
            for _ in range(400):
                os.write(1, b"x" * (1 << 20))


class LastInFirstOutAndThenLeaves(ConnectionPool):
    """Leaves when it has handed out the wrong connection in many programs."""

    built = count()
    sinned: set[int] = set()  # noqa: RUF012 - of all its pools together

    def __init__(self, **arguments: object) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]  # passed on
        self.number = next(self.built)

    def get_connection(self, *_command: object, **_options: object) -> AbstractConnection:
        idle = self._queues.idle
        if len(idle) > 1:
            if len(self.sinned - {self.number}) > 30:
                os._exit(7)
            self.sinned.add(self.number)
            idle.reverse()
        return super().get_connection()


class Watched(ConnectionPool):
    """Upholds everything, and notes where its server listens."""

    def __init__(self, **arguments: object) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]  # passed on
        note(f"port {arguments['port']}")


class TellsItsPassword(ConnectionPool):
    """In everything that it raises and prints, and it does not wait."""

    def __init__(self, *, timeout: float | None = 5, **arguments: object) -> None:
        super().__init__(timeout=0, **arguments)  # type: ignore[arg-type]  # passed on

    def get_connection(self, *_command: object, **_options: object) -> AbstractConnection:
        known = [self.connection_kwargs.get(name) for name in ("username", "password")]
        print("asked for a connection by", *known, repr(known), flush=True)
        try:
            return super().get_connection()
        except redis.ConnectionError:
            message = f"no connection for {known} {' '.join(map(str, known))}"
            raise redis.ConnectionError(message) from None


class TellsItsPasswordAndFails(ConnectionPool):
    def get_connection(self, *_command: object, **_options: object) -> AbstractConnection:
        known = [self.connection_kwargs.get(name) for name in ("username", "password")]
        for _ in range(1000):
            print(*known, flush=True)
        raise redis.ConnectionError(f"no connection for {known} {' '.join(map(str, known))}")


class TellsItsToken(ConnectionPool):
    def __init__(self, *, token: str, timeout: float | None = 5, **arguments: object) -> None:
        super().__init__(timeout=0, **arguments)  # type: ignore[arg-type]  # passed on
        print("the token is", token, flush=True)
        if token.startswith("refused"):
            raise ValueError(f"{token} is no token")
        self.token = token

    def get_connection(self, *_command: object, **_options: object) -> AbstractConnection:
        try:
            return super().get_connection()
        except redis.ConnectionError:
            raise redis.ConnectionError(f"no connection for {self.token}") from None


def takes_no_host(*, max_connections: int, timeout: float, client_name: str) -> ConnectionPool:
    raise AssertionError


def raises(**_arguments: object) -> ConnectionPool:
    raise RuntimeError("the moon is full")


def exits(**_arguments: object) -> ConnectionPool:
    sys.exit("the moon is full")


def needs_more(*, region: str, **_arguments: object) -> ConnectionPool:
    raise AssertionError


class IncompleteAdapter:
    """Has the methods that only an adapter has, and no others."""

    def open(self) -> None: ...
    def acquire(self) -> None: ...
    def release(self) -> None: ...
    def send(self) -> None: ...
    def receive(self) -> None: ...


class AdapterThatNeedsArguments(IncompleteAdapter):
    def __init__(self, region: str) -> None: ...
