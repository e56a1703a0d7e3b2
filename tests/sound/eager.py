"""A pool that opens all of its connections when it is built."""

from culprits.sound import SoundPool


class EagerPool(SoundPool):
    """Never opens one for a caller, except in the child of a fork, where it starts empty."""

    def __init__(self, **arguments: object) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]  # passed on as they are
        for _ in range(self.max_connections):
            connection = self.open()
            connection.connect()
            self.idle.append(connection)
