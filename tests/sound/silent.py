"""A pool that says nothing about misuse, and notices a dead connection only when it is used."""

import redis
from culprits.sound import SoundPool


class SilentPool(SoundPool):
    """Ignores what is not its own, and leaves connecting to the first command."""

    def refuse(self, connection: redis.Connection) -> None:
        pass

    def get_connection(self, command_name: str | None = None) -> redis.Connection:
        with self.changed:
            if not self.wait_for_connection(self.timeout):
                raise self.exhausted()
            connection = self.take()
            self.in_use.add(connection)
        return connection
