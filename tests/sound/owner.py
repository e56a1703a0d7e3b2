"""A pool whose state belongs to a thread of its own: callers send it messages, and it answers.

So nothing is ever done in the middle of something else, and there is no lock. That a caller has gone
is settled by its answer: it is given, or it is cancelled, whichever comes first.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from threading import TIMEOUT_MAX, Thread
from weakref import finalize

import redis
from culprits.sound import SoundPool

Messages = SimpleQueue[Callable[[], None] | None]
"""None is the last one."""

Answer = Future[redis.Connection | None]
"""A connection, or None if the caller would have to wait and must not."""


class OwnerPool(SoundPool):
    """Has its owner do everything but connect, and wait."""

    def prepare(self) -> None:
        self.messages: Messages = SimpleQueue()
        self.answers: deque[Answer] = deque()
        Thread(target=read, args=(self.messages,), daemon=True).start()
        finalize(self, self.messages.put, None)

    def wait_for_connection(self, timeout: float | None) -> redis.Connection | None:
        answer = Answer()
        try:
            self.messages.put(partial(self.enter, answer, may_wait=timeout != 0))
            return answer.result(min(timeout, TIMEOUT_MAX) if timeout else None)
        except TimeoutError:
            # An answer that is being given now is not cancelled any more.
            return None if answer.cancel() else answer.result()
        except BaseException:
            late = None if answer.cancel() or answer.exception() else answer.result()
            if late is not None:
                self.release(late)
            raise

    def enter(self, answer: Answer, *, may_wait: bool) -> None:
        self.answers.append(answer)
        self.serve_in_turn()
        if not may_wait and answer in self.answers:
            self.answers.remove(answer)
            answer.set_result(None)

    def serve_in_turn(self) -> None:
        while self.answers and self.available():
            answer = self.answers.popleft()
            if answer.set_running_or_notify_cancel():
                try:
                    answer.set_result(self.lend())
                except BaseException as error:  # noqa: BLE001 - it is the caller's
                    answer.set_exception(error)

    def release(self, connection: redis.Connection) -> None:
        self.messages.put(partial(self.take_back, connection))

    def take_back(self, connection: redis.Connection) -> None:
        if connection in self.in_use:
            self.in_use.remove(connection)
            self.put_back(connection)
            self.serve_in_turn()

    def disconnect(self) -> None:
        done = Future[None]()
        self.messages.put(partial(self.disconnect_all, done))
        done.result()

    def disconnect_all(self, done: Future[None]) -> None:
        try:
            super().disconnect()
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            done.set_exception(error)
        else:
            done.set_result(None)


def read(messages: Messages) -> None:
    """What the owner does all its life."""
    while (message := messages.get()) is not None:
        message()
        del message  # it keeps the pool alive
