"""A pool that opens all of its connections when it is built."""

from culprits.sound import SoundPool


class EagerPool(SoundPool):
    """Never opens one for a caller."""

    def prepare(self) -> None:
        for _ in range(self.max_connections):
            connection = self.open()
            connection.connect()
            self.idle.append(connection)
