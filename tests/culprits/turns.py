"""A second sound pool: a release calls those whose turn it is, and they take for themselves.

It is the base of the culprits whose sin lies between the call and the taking. The first in the queue
may take when one connection is available, the first two when two are, and so on; whoever comes
meanwhile stands behind them, also before they have heard.
"""

from itertools import islice
from time import monotonic

import redis

from .sound import SoundPool, Waiter


class TurnsPool(SoundPool):
    """Upholds every clause."""

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        waiter = Waiter()
        deadline = None if timeout is None else monotonic() + timeout
        try:
            self.join(waiter)
            connection = self.take_in_turn(waiter)
            while connection is None:
                left = None if deadline is None else deadline - monotonic()
                rang = self.listen(waiter, left)
                connection = self.take_in_turn(waiter)
                if not rang:
                    break
            return connection
        finally:
            self.leave(waiter)

    def listen(self, waiter: Waiter, timeout: float | None) -> bool:
        return waiter.wait(timeout)

    def leave(self, waiter: Waiter) -> None:
        """Those behind move up, and one of them may be called instead."""
        with self.lock:
            super().leave(waiter)
            self.serve()

    def serve(self) -> None:
        """Call as many as can be served. Calling somebody twice does no harm."""
        for waiter in islice(self.waiters, self.count()):
            waiter.ring()

    def count(self) -> int:
        """How many callers could be served at once."""
        return len(self.idle) + self.max_connections - self.opened

    def take_in_turn(self, waiter: Waiter) -> redis.Connection | None:
        with self.lock:
            if self.ahead(waiter) >= self.count():
                return None
            connection = self.lend()
            self.waiters.remove(waiter)
            return connection

    def ahead(self, waiter: Waiter) -> int:
        """How many go first."""
        return self.waiters.index(waiter)
