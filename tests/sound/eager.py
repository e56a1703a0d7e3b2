"""A pool that opens all of its connections when it is built."""

from culprits.sound import SoundPool


class EagerPool(SoundPool):
    """Never opens one for a caller."""

    def __init__(
        self, *, max_connections: int = 10, timeout: float | None = 5, **connection_kwargs: object
    ) -> None:
        super().__init__(max_connections=max_connections, timeout=timeout, **connection_kwargs)
        for _ in range(self.max_connections):
            connection = self.open()
            connection.connect()
            self.idle.append(connection)
