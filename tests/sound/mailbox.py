"""A pool in which each caller waits at a mailbox of its own for a connection to be put into it.

The mailbox is a queue that may be filled in the middle of being emptied. An event would not do: it
guards itself with a lock that does not let its holder in again.
"""

from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import TIMEOUT_MAX

import redis
from culprits.sound import SoundPool

Mailbox = SimpleQueue[redis.Connection]


class MailboxPool(SoundPool):
    """Posts what comes free to whoever has waited longest."""

    def prepare(self) -> None:
        self.mailboxes: deque[Mailbox] = deque()

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        mailbox: Mailbox = SimpleQueue()
        try:
            with self.lock:
                self.mailboxes.append(mailbox)
                self.serve()
            return mailbox.get(timeout=None if timeout is None else min(timeout, TIMEOUT_MAX))
        except Empty:
            return self.close(mailbox)
        except BaseException:
            late = self.close(mailbox)
            if late is not None:
                self.release(late)
            raise

    def close(self, mailbox: Mailbox) -> redis.Connection | None:
        """Nothing is posted there any more; what has been is taken out."""
        with self.lock, suppress(ValueError):
            self.mailboxes.remove(mailbox)
        with suppress(Empty):
            return mailbox.get_nowait()
        return None

    def serve_in_turn(self) -> None:
        while self.mailboxes and self.available():
            connection = self.lend()
            self.mailboxes.popleft().put(connection)
