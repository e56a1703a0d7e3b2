"""A pool that opens a connection anew, in its place, when its turn comes after a few uses."""

from collections import Counter
from contextlib import suppress

import redis
from culprits.sound import SoundPool

USES = 2


class RecyclingPool(SoundPool):
    """Keeps the object and changes the socket behind it."""

    def prepare(self) -> None:
        self.uses: Counter[redis.Connection] = Counter()

    def take_idle(self) -> redis.Connection:
        connection = super().take_idle()
        self.uses[connection] += 1
        if self.uses[connection] > USES:
            with suppress(OSError):  # what matters is that another is opened
                connection.disconnect()
            self.uses[connection] = 0
        return connection
