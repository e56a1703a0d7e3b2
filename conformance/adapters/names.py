"""The pools that can be named without writing code.

A pool with redis-py's pool interface is named by its module and its class. A pool with another
interface has a short name, the module of its library. Its adapter is in the module of that name beside
this one, and nothing else imports the library.
"""

from dataclasses import dataclass
from importlib import metadata
from typing import Literal


@dataclass(frozen=True, slots=True)
class NamedPool:
    """A pool that can be named on the command line."""

    name: str
    callers: Literal["threads", "asyncio"]
    """What its callers are: threads, or tasks of an event loop."""
    distribution: str
    """What is installed to have it."""
    adapter: str = ""
    """The class of its adapter, if it has a short name."""

    def installed_version(self) -> str | None:
        """The version of the distribution; None if it is not installed. Imports nothing."""
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return None


POOLS = (
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
    NamedPool("coredis", "asyncio", "coredis", "CoredisAdapter"),
    NamedPool("sqlalchemy", "threads", "SQLAlchemy", "SQLAlchemyAdapter"),
    NamedPool("dbutils", "threads", "DBUtils", "DBUtilsAdapter"),
)

SHORT_NAMES = {pool.name: pool for pool in POOLS if pool.adapter}
