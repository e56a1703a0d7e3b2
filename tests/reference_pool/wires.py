"""Connections that lead nowhere, pools of them, and callers in threads who wait for one."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

import redis
from redis.connection import AbstractConnection

from poolproof.reference_pool import ConnectionPool

from . import PATIENCE_S
from .inside import waiting

CALLERS = ThreadPoolExecutor(max_workers=64)


class Wire(redis.Connection):
    """A connection that is connected to nothing."""

    connects = 0
    dirty = False
    fails: BaseException | None = None

    def connect(self) -> None:
        if self.fails is not None:
            failure, self.fails = self.fails, None
            raise failure
        self.connects += 1
        self.dirty = False
        self._sock = object()  # type: ignore[assignment]  # any socket that is not None will do

    def disconnect(self, *_: object, **__: object) -> None:
        self._sock = None

    def can_read(self, timeout: float = 0) -> bool:
        return self.dirty


def wires(
    max_connections: int = 1, timeout: float | None = PATIENCE_S, **kwargs: object
) -> ConnectionPool:
    return ConnectionPool(
        max_connections=max_connections, timeout=timeout, connection_class=Wire, **kwargs
    )


def wire(connection: AbstractConnection) -> Wire:
    assert isinstance(connection, Wire)
    return connection


def is_open(connection: AbstractConnection) -> bool:
    return connection._sock is not None


def until(true: Callable[[], bool]) -> None:
    """Return once it is true; what others do is never taken for done because time went by."""
    deadline = monotonic() + PATIENCE_S
    while not true():
        assert monotonic() < deadline, "it never came to that"
        threading.Event().wait(0.001)


def ask(pool: ConnectionPool) -> Future[AbstractConnection]:
    """Ask for a connection in another thread, which is parked when this returns."""
    before = len(pool._queues.waiters)
    future = CALLERS.submit(pool.get_connection)
    until(waiting(pool, before + 1))
    return future


def outcome(asked: Future[AbstractConnection]) -> AbstractConnection:
    """What a caller who waited has got, or raised."""
    return asked.result(PATIENCE_S)
