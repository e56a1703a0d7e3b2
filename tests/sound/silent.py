"""A pool that says nothing about misuse, and leaves all connecting to whoever uses a connection."""

import redis
from culprits.sound import SoundPool


class SilentPool(SoundPool):
    """Ignores what is not its own, and leaves connecting to the first command."""

    def refuse(self, connection: redis.Connection) -> None:
        pass

    def connect(self, connection: redis.Connection) -> None:
        try:
            if connection.is_connected and self.is_spoilt(connection):
                connection.disconnect()
        except BaseException as raised:
            self.give_up(connection, raised)
            raise
