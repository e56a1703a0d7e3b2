"""Replies that come when they are told to, or that only one caller can be meant by."""

from ...programs.trace import Numbers
from ...server.monitor import Monitor

KEEP_S = 10
"""How long the server keeps what nobody fetches."""


class Replies:
    """Has the server reply to the commands of one program."""

    def __init__(self, monitor: Monitor, name: str, numbers: Numbers) -> None:
        """`name` is that of the program, with which its keys begin; `numbers` tell them apart."""
        self._monitor = monitor
        self._name = name
        self._numbers = numbers

    def silent_key(self, call: int) -> str:
        """A key under which there is nothing until `come`, so that who pops from it (BLPOP) waits."""
        return f"{self._name}-silence-{call}"

    def come(self, key: str) -> None:
        """Have the server reply to who pops from this key, now or when the command arrives."""
        self._monitor.ask("RPUSH", key, "reply")
        self._monitor.ask("EXPIRE", key, KEEP_S)

    def with_something_under_it(self, number: int | None = None) -> str:
        """A key that nobody else asks for, under which there is something that names it."""
        key = self.unused_key(number)
        self._monitor.ask("SET", key, content_of(key), "EX", KEEP_S)
        return key

    def unused_key(self, number: int | None = None) -> str:
        """A key, or a word, that nobody else uses; with this number, or with the next."""
        return f"{self._name}-{next(self._numbers) if number is None else number}"

    def something_to_write(self) -> tuple[str, ...]:
        """A command that a replica refuses."""
        return "SET", self.unused_key(), "written", "EX", str(KEEP_S)


def content_of(key: str) -> str:
    """What is under such a key."""
    return f"what is under {key}"
