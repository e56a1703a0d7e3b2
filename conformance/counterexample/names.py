"""What a story calls its callers and connections."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Names:
    """Grows with the story. A caller is one acquire, and whoever releases what it got."""

    short: bool
    """Whether a connection is `#1`, or else `connection 1`."""
    caller: dict[int, str] = field(default_factory=dict)
    """By the call, of an acquire or a release: the caller that makes it."""
    given: dict[int, str] = field(default_factory=dict)
    """By the call of the acquire: the connection that it got."""
    releasing: dict[int, str] = field(default_factory=dict)
    """By the call of the release: what it gives back, and whose it is if not the caller's."""
    host: dict[int, int] = field(default_factory=dict)
    """By the call of the release: the call in the middle of which it was made."""
    _callers: int = 0

    def newcomer(self, call: int) -> str:
        """The letter of the caller that makes this acquire."""
        self.caller[call] = _letters(self._callers)
        self._callers += 1
        return self.caller[call]

    def connection(self, number: int) -> str:
        """The connection of this number."""
        return f"#{number}" if self.short else f"connection {number}"


def _letters(number: int) -> str:
    """A, B, and so on to Z, then AA, AB."""
    letters = ""
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters
