"""A pool that counts with a semaphore instead of waiting on a condition."""

from collections import deque
from threading import Lock, Semaphore

import redis
from culprits.sound import ExhaustedError, SoundPool


class SemaphorePool(SoundPool):
    """A permit for each connection that may be in use; a queue of those that are not."""

    def __init__(
        self, *, max_connections: int = 10, timeout: float | None = 5, **connection_kwargs: object
    ) -> None:
        super().__init__(max_connections=max_connections, timeout=timeout, **connection_kwargs)
        self.permits = Semaphore(max_connections)
        self.lock = Lock()
        self.queue: deque[redis.Connection] = deque()

    def get_connection(self, command_name: str | None = None) -> redis.Connection:
        permitted = (
            self.permits.acquire(blocking=False)
            if self.timeout == 0
            else self.permits.acquire(timeout=self.timeout)
        )
        if not permitted:
            raise ExhaustedError(f"no permit within {self.timeout} s")
        with self.lock:
            connection = self.queue.popleft() if self.queue else None
        try:
            if connection is None:
                connection = redis.Connection(**self.connection_kwargs)
            connection.connect()
        except BaseException:
            self.permits.release()
            raise
        with self.lock:
            self.in_use.add(connection)
        return connection

    def release(self, connection: redis.Connection) -> None:
        with self.lock:
            if connection not in self.in_use:
                raise ValueError("this connection is not in use")
            self.in_use.remove(connection)
            self.queue.append(connection)
        self.permits.release()

    def disconnect(self) -> None:
        with self.lock:
            for connection in (*self.queue, *self.in_use):
                connection.disconnect()
