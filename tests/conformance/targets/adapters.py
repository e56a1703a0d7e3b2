"""An adapter for pools that do not offer redis-py's interface."""

from contextlib import AbstractContextManager

from poolproof.conformance.adapters.adapter import PoolSettings
from poolproof.spec import Capability


class OwnAdapter:
    """Has all the methods, and nothing in them."""

    def open(self, settings: PoolSettings) -> object:
        return object()

    def acquire(self, pool: object) -> object:
        return object()

    def release(self, pool: object, connection: object) -> None: ...

    def send(self, connection: object, *words: str | float) -> None: ...

    def receive(self, connection: object) -> object:
        return "not a number"

    def disconnect(self, connection: object) -> None: ...

    def close(self, pool: object) -> None: ...

    def offers(self, pool: object) -> frozenset[Capability]:
        return frozenset()

    def block(self, pool: object) -> AbstractContextManager[object]:
        raise NotImplementedError
