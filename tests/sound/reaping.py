"""A pool that looks for old connections from time to time, in a thread of its own."""

from threading import Event, Thread

import redis
from culprits.options import OptionsPool

FILL_S = 120.0
"""How soon there are as many connections as are to be idle, at the latest."""

LOOKS = 4
"""How often it looks while a connection grows too old."""


class ReapingPool(OptionsPool):
    """What it hands out may be a little too old, but not for long."""

    def __init__(self, **arguments: object) -> None:
        self.ended = Event()
        super().__init__(**arguments)  # type: ignore[arg-type]  # passed on as they are
        limits = [limit for limit in (self.max_idle_time, self.max_lifetime) if limit is not None]
        limits += [FILL_S] if self.min_idle else []
        if limits:
            self.reaper = Thread(target=self.reap, args=(min(limits) / LOOKS,), daemon=True)
            self.reaper.start()

    def reap(self, pause_s: float) -> None:
        while not self.ended.wait(pause_s):
            with self.lock:
                for connection in self.idle:
                    if self.is_too_old(connection):
                        connection.disconnect()
                self.fill_up()

    def fill_up(self) -> None:
        """Have as many idle connections open as there are to be."""
        missing = min(self.min_idle, self.max_connections) - self.opened
        for _ in range(missing):
            self.put_back(self.open())
        for connection in [*self.idle][: self.min_idle]:
            connection.connect()

    def fill(self) -> None:
        pass

    def open_again(self, connection: redis.Connection) -> None:
        pass

    def take_idle(self) -> redis.Connection:
        return self.idle.popleft()

    def put_back(self, connection: redis.Connection) -> None:
        """What is in use while it grows too old the reaper does not see."""
        if self.was_open_too_long(connection):
            connection.disconnect()
        super().put_back(connection)

    def close(self, grace: float | None = None) -> None:
        super().close(grace)
        self.ended.set()
