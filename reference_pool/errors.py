"""
What the pool raises. Both are a redis `ConnectionError`, so that handlers written for redis-py
catch them. Neither is a redis `TimeoutError`: that one says that the *server* was slow.
"""

from redis.exceptions import ConnectionError as RedisConnectionError

try:
    # RedisCluster re-raises this one; any other ConnectionError it takes for the failure of a node.
    from redis.exceptions import MaxConnectionsError
except ImportError:
    MaxConnectionsError = RedisConnectionError  # type: ignore[assignment,misc]  # older redis-py


class ConnectionPoolTimeoutError(MaxConnectionsError):
    """Every connection stayed in use for as long as the caller was willing to wait."""


class PoolClosedError(RedisConnectionError):
    """The pool was closed before, or while, a connection was asked for."""
