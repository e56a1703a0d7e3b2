"""Conformance: puts any pool through generated programs on a real Redis and says what it saw."""

from .adapter import Adapter, AdapterError, AsyncAdapter
from .redis_interface import AsyncRedisInterface
from .settings import PoolSettings

__all__ = ["Adapter", "AdapterError", "AsyncAdapter", "AsyncRedisInterface", "PoolSettings"]
