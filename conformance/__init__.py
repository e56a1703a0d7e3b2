"""Conformance: puts any pool through generated programs on a real Redis and says what it saw."""

from .targets.adapter import Adapter, AdapterError, AsyncAdapter
from .targets.redis_interface import AsyncRedisInterface
from .targets.settings import PoolSettings

__all__ = ["Adapter", "AdapterError", "AsyncAdapter", "AsyncRedisInterface", "PoolSettings"]
