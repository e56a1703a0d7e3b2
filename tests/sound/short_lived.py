"""A pool whose connections live for a few uses only."""

from collections import Counter
from contextlib import suppress

import redis
from culprits.sound import SoundPool

USES = 2


class ShortLivedPool(SoundPool):
    """Closes a connection that has been used often enough, and opens another when one is needed."""

    def prepare(self) -> None:
        self.uses: Counter[redis.Connection] = Counter()

    def put_back(self, connection: redis.Connection) -> None:
        self.uses[connection] += 1
        if self.uses[connection] < USES:
            super().put_back(connection)
        else:
            with suppress(OSError):  # it is of no use any more, however it ends
                connection.disconnect()
            self.opened -= 1
