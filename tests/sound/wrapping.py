"""A pool that hands out a new wrapper around a connection each time."""

import redis
from culprits.sound import SoundPool


class Wrapper:
    """Stands for a connection until it is released, and then for nothing."""

    def __init__(self, connection: redis.Connection) -> None:
        self.connection: redis.Connection | None = connection

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)


class WrappingPool:
    """Knows a second release by the wrapper, which is empty by then."""

    def __init__(self, **arguments: object) -> None:
        self.pool = SoundPool(**arguments)  # type: ignore[arg-type]  # passed on as they are
        self.connection_kwargs = self.pool.connection_kwargs
        self.get_encoder = self.pool.get_encoder
        self.get_protocol = self.pool.get_protocol
        self.disconnect = self.pool.disconnect

    def get_connection(self, command_name: str | None = None) -> Wrapper:
        return Wrapper(self.pool.get_connection())

    def release(self, wrapper: Wrapper) -> None:
        connection, wrapper.connection = wrapper.connection, None
        if connection is None:
            raise ValueError("released already")
        self.pool.release(connection)
