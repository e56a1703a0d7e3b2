"""
The same pool for asyncio, mirroring `redis.asyncio`.

    pool = ConnectionPool(host="localhost", max_connections=10, timeout=5)
    client = redis.asyncio.Redis(connection_pool=pool)

It may be made anywhere, and belongs to the event loop that first uses it, and to that loop's thread.
"""

from ..errors import ConnectionPoolTimeoutError, PoolClosedError
from .pool import ConnectionPool

__all__ = ["ConnectionPool", "ConnectionPoolTimeoutError", "PoolClosedError"]
