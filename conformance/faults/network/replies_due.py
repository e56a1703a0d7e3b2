"""How many replies a server owes on one connection."""

from ...server.resp import PUSH, NotRedis, Scanner


class RepliesDue:
    """Counts commands and replies, as long as both streams can be read."""

    def __init__(self) -> None:
        self._count = 0
        self._commands, self._replies = Scanner(plain_lines=True), Scanner()
        self._is_readable = True

    @property
    def count(self) -> int:
        """How many replies are due; 0 where a stream cannot be read."""
        return self._count if self._is_readable else 0

    def sent(self, data: bytes) -> None:
        """Count the commands that these bytes from the pool complete."""
        try:
            self._count += len(self._commands.feed(data))
        except NotRedis:
            self._is_readable = False

    def replied(self, data: bytes) -> None:
        """Count the replies that these bytes from the server complete, without what it pushes."""
        try:
            answers = sum(message.kind != PUSH for message in self._replies.feed(data))
        except NotRedis:
            self._is_readable = False
        else:
            # A server that turns a connection away says so unasked: that answers no command.
            self._count = max(self._count - answers, 0)
