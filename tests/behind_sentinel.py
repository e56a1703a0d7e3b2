"""Pools of clients that ask a Sentinel where the server is: one that knows it from the start.

All else is the client's own: its pool, its connections, and what these do when they are interrupted.
"""

from redis import asyncio as redis_asyncio
from redis import sentinel
from redis.asyncio import sentinel as sentinel_asyncio


def sentinel_pool(
    host: str, port: int, max_connections: int = 10, **settings: object
) -> sentinel.SentinelConnectionPool:
    """redis-py's, for threads."""

    class Known(sentinel.Sentinel):
        """Says where it is without asking."""

        def discover_master(self, service_name: str) -> tuple[str, int]:
            return host, port

    return sentinel.SentinelConnectionPool(
        "service",
        Known([]),  # type: ignore[no-untyped-call]  # the library leaves it untyped
        max_connections=max_connections,
        **settings,
    )


def async_sentinel_pool(
    host: str, port: int, max_connections: int = 10, **settings: object
) -> redis_asyncio.ConnectionPool:
    """redis-py's, for asyncio."""

    class Known(sentinel_asyncio.Sentinel):
        """Says where it is without asking."""

        async def discover_master(self, service_name: str) -> tuple[str, int]:
            return host, port

    return sentinel_asyncio.SentinelConnectionPool(
        "service",
        Known([]),  # type: ignore[no-untyped-call]  # the library leaves it untyped
        max_connections=max_connections,
        **settings,
    )
