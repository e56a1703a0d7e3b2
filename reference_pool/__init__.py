"""
The smallest pool that keeps the whole specification, to be used, read and ported.

    pool = ConnectionPool(host="localhost", max_connections=10, timeout=5)
    client = redis.Redis(connection_pool=pool)

Reading order: `policy` (who is served next: no lock, no clock), `waiter` (one place in the queue),
`slot` (one connection, and whether it may be handed out), `base` (the lock around the policy), `pool`.
Then `asyncio`, the same once more for tasks: only waiting, connecting and closing are different.
"""

from .errors import ConnectionPoolTimeoutError, PoolClosedError
from .pool import ConnectionPool

__all__ = ["ConnectionPool", "ConnectionPoolTimeoutError", "PoolClosedError"]
