"""Conformance: puts any pool through generated programs on a real Redis and says what it saw."""

from .adapters.adapter import Adapter, AdapterError, AsyncAdapter
from .adapters.redis_interface import AsyncRedisInterface
from .adapters.settings import PoolSettings

__all__ = ["Adapter", "AdapterError", "AsyncAdapter", "AsyncRedisInterface", "PoolSettings"]
