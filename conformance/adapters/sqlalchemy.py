"""SQLAlchemy's QueuePool, with connections of redis-py."""

from collections.abc import Callable
from typing import cast

from sqlalchemy.pool import QueuePool

from poolproof.spec import Capability

from .database import ConnectionWrapper, DatabaseAdapter, connector
from .settings import PoolSettings


class SQLAlchemyAdapter(DatabaseAdapter[QueuePool]):
    """Without overflow, so that `pool_size` is the bound. There is nothing to undo at a return."""

    def open(self, settings: PoolSettings) -> QueuePool:
        """Build a pool; it connects when a connection is asked for."""
        build: Callable[..., QueuePool] = QueuePool
        recycle = {} if settings.max_lifetime is None else {"recycle": settings.max_lifetime}
        return build(
            connector(settings),
            pool_size=settings.max_connections,
            max_overflow=0,
            timeout=settings.timeout,
            reset_on_return=None,
            **{**settings.extra, **recycle},
        )

    def offers(self, pool: QueuePool) -> frozenset[Capability]:
        """To recycle is to replace what has been open for too long."""
        return super().offers(pool) | {Capability.MAX_LIFETIME}

    def lend(self, pool: QueuePool) -> ConnectionWrapper:
        """Call `connect`."""
        return cast("ConnectionWrapper", pool.connect())

    def close(self, pool: QueuePool) -> None:
        """Close what is idle, which is all that the pool knows."""
        pool.dispose()
