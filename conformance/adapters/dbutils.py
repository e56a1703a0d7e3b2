"""DBUtils' PooledDB, with connections of redis-py.

Of the two pools of DBUtils for threads it is the one that opens connections on demand. It waits for a
connection only if it is told to, and then without limit: it takes no timeout.
"""

import redis
from dbutils.pooled_db import PooledDB

from .database import ConnectionWrapper, DatabaseAdapter, connector
from .settings import PoolSettings


class DBUtilsAdapter(DatabaseAdapter[PooledDB]):
    """With callers that wait, and connections that are not shared."""

    def open(self, settings: PoolSettings) -> PooledDB:
        """Build a pool; it connects when a connection is asked for."""
        if "timeout" in settings.takes:
            raise TypeError("PooledDB takes no 'timeout'")
        return PooledDB(
            connector(settings),
            maxconnections=settings.max_connections,
            blocking=True,
            reset=False,
            failures=redis.ConnectionError,
            **settings.extra,
        )

    def lend(self, pool: PooledDB) -> ConnectionWrapper:
        """Call `connection`."""
        proxy: ConnectionWrapper = pool.connection()
        return proxy

    def close(self, pool: PooledDB) -> None:
        """Close what is idle."""
        pool.close()
