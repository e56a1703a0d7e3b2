"""The pools that can be named without writing code, and the adapters that come with the kit.

A pool with redis-py's pool interface is named by its module. One of another interface has a short name
and an adapter here, each in a module of its own, which alone imports the library.
"""

from dataclasses import dataclass
from importlib import metadata
from typing import Literal


@dataclass(frozen=True, slots=True)
class NamedPool:
    """A pool that can be named on the command line."""

    name: str
    colour: Literal["threads", "asyncio"]
    """Who its callers are: threads, or tasks of an event loop."""
    distribution: str
    """What is installed to have it."""

    def installed_version(self) -> str | None:
        """The version of the distribution; None if it is not installed. Imports nothing."""
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return None


@dataclass(frozen=True, slots=True)
class AdaptedPool(NamedPool):
    """A pool that has a short name."""

    module: str
    """The module of the library."""
    adapter: str
    """Where its adapter is."""


POOLS: tuple[NamedPool, ...] = (
    NamedPool("redis:ConnectionPool", "threads", "redis"),
    NamedPool("redis:BlockingConnectionPool", "threads", "redis"),
    NamedPool("redis.asyncio:ConnectionPool", "asyncio", "redis"),
    NamedPool("redis.asyncio:BlockingConnectionPool", "asyncio", "redis"),
    NamedPool("valkey:ConnectionPool", "threads", "valkey"),
    NamedPool("valkey:BlockingConnectionPool", "threads", "valkey"),
    NamedPool("valkey.asyncio:ConnectionPool", "asyncio", "valkey"),
    NamedPool("valkey.asyncio:BlockingConnectionPool", "asyncio", "valkey"),
    NamedPool("poolproof.reference_pool:ConnectionPool", "threads", "poolproof"),
    NamedPool("poolproof.reference_pool.asyncio:ConnectionPool", "asyncio", "poolproof"),
    AdaptedPool(
        "coredis",
        "asyncio",
        "coredis",
        "coredis",
        "poolproof.conformance.adapters.coredis:CoredisAdapter",
    ),
    AdaptedPool(
        "sqlalchemy",
        "threads",
        "SQLAlchemy",
        "sqlalchemy",
        "poolproof.conformance.adapters.sqlalchemy:SQLAlchemyAdapter",
    ),
    AdaptedPool(
        "dbutils",
        "threads",
        "DBUtils",
        "dbutils",
        "poolproof.conformance.adapters.dbutils:DBUtilsAdapter",
    ),
)

SHORT_NAMES = {pool.name: pool for pool in POOLS if isinstance(pool, AdaptedPool)}
