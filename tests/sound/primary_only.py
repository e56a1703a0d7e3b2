"""A pool that lends connections to a primary only, and asks the server each time."""

import redis
from culprits.sound import SoundPool


class PrimaryOnlyPool(SoundPool):
    """Refuses to lend while the server is a replica."""

    def make_ready(self, connection: redis.Connection) -> None:
        super().make_ready(connection)
        connection.send_command("ROLE")
        role, *_ = connection.read_response()
        if role not in ("master", b"master"):
            raise redis.ConnectionError("this is no primary")
