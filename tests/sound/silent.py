"""A pool that says nothing about misuse, and notices a dead connection only when it is used."""

import redis
from culprits.sound import SoundPool


class SilentPool(SoundPool):
    """Ignores what is not its own, and leaves connecting to the first command."""

    def refuse(self, connection: redis.Connection) -> None:
        pass

    def connect(self, connection: redis.Connection) -> None:
        pass
