"""What tests know of the inside of a reference pool, be it for threads or for asyncio."""

from collections.abc import Callable
from typing import TypeAlias

from poolproof.reference_pool import ConnectionPool
from poolproof.reference_pool.asyncio import ConnectionPool as AsyncConnectionPool

Pool: TypeAlias = ConnectionPool | AsyncConnectionPool


def count_of(pool: Pool) -> tuple[int, int, int]:
    """How many connections are in use, how many are idle, and how many callers wait."""
    return pool._queues.in_use, len(pool._queues.idle), len(pool._queues.waiters)


def waiting(pool: Pool, count: int) -> Callable[[], bool]:
    """Whether so many callers wait, whenever it is asked."""
    return lambda: count == len(pool._queues.waiters)
