"""Where one message of the Redis protocol ends and the next begins, in a stream that comes in pieces.

Commands and replies have the same grammar, so one scanner counts both. Nothing is decoded but the
word a message begins with: a command's name. The parsers of client libraries will not do: they decode
replies, and do not say how many messages a piece of a stream completes.
"""

from dataclasses import dataclass, field
from typing import Final

PUSH: Final = b">"
_ATTRIBUTE: Final = b"|"
_LINES: Final = b"+-:,#(_"
_BULKS: Final = b"$=!"
_AGGREGATES: Final = b"*~>"
_PAIRS: Final = b"%|"
_LONGEST_WORD: Final = 32


class NotRedis(ValueError):
    """The stream is not one of the Redis protocol."""


@dataclass(frozen=True, slots=True)
class Message:
    """A complete command or reply."""

    kind: bytes
    """The character that announces it; empty for a command in one plain line."""
    word: bytes = b""
    """The first word of an array in capitals, unless it is long: the name of a command."""


@dataclass(slots=True)
class _Open:
    """An aggregate that is not complete."""

    kind: bytes
    missing: int


@dataclass(slots=True)
class Scanner:
    """Tells the complete messages of one direction of one connection."""

    plain_lines: bool = False
    """Whether a line of words is a command. Servers take them, and never send them."""

    _line: bytearray = field(default_factory=bytearray)
    _skip: int = 0
    """How many bytes of a bulk string, its line end included, are still to come."""
    _open: list[_Open] = field(default_factory=list)
    _kind: bytes = b""
    _word: bytearray = field(default_factory=bytearray)
    _takes_word: bool = False
    """Whether the bulk string that is being read is the first one of its message, and short."""
    _complete: list[Message] = field(default_factory=list)

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete."""
        position, end = 0, len(data)
        while position < end:
            if self._skip:
                taken = min(self._skip, end - position)
                if self._takes_word:
                    self._word += data[position : position + taken]
                position += taken
                self._skip -= taken
                if not self._skip:
                    self._takes_word = False
                    self._ended()
                continue
            found = data.find(b"\n", position)
            if found < 0:
                self._line += data[position:]
                break
            self._line += data[position:found]
            position = found + 1
            line = bytes(self._line)
            self._line.clear()
            self._read(line.removesuffix(b"\r"))
        complete, self._complete = self._complete, []
        return complete

    def _read(self, line: bytes) -> None:
        kind = line[:1]
        first = not self._open
        if first:
            self._kind = kind
            self._word.clear()
        if kind and kind in _LINES:
            self._ended()
        elif kind and kind in _BULKS:
            self._read_bulk(_number(line))
        elif kind and kind in _AGGREGATES + _PAIRS:
            elements = _number(line) * (2 if kind in _PAIRS else 1)
            self._open.append(_Open(kind, max(elements, 0)))
            if elements <= 0:
                self._close()
        elif first and self.plain_lines:
            if line.strip():  # a server ignores an empty line
                self._complete.append(Message(b"", line.split()[0].upper()))
        else:
            raise NotRedis(f"no message of the Redis protocol begins with {line[:16]!r}")

    def _read_bulk(self, length: int) -> None:
        if length < 0:
            self._ended()
            return
        self._skip = length + 2
        self._takes_word = len(self._open) == 1 and not self._word and 0 < length <= _LONGEST_WORD

    def _ended(self) -> None:
        """One value is complete; with it, perhaps, what contains it."""
        if not self._open:
            self._complete.append(Message(self._kind))
            return
        self._open[-1].missing -= 1
        if self._open[-1].missing == 0:
            self._close()

    def _close(self) -> None:
        kind = self._open.pop().kind
        if kind == _ATTRIBUTE:
            return  # it belongs to the value that follows, and is none itself
        if self._open:
            self._ended()
        else:
            word = bytes(self._word).removesuffix(b"\r\n").upper()
            self._complete.append(Message(kind, word))


def next_reply(data: bytes) -> tuple[int, int | None]:
    """Where the next reply begins, after what is pushed before it, and ends; None if incomplete."""
    scanner = Scanner()
    begin = 0
    for place in range(len(data)):
        try:
            messages = scanner.feed(data[place : place + 1])
        except NotRedis:
            return begin, len(data)
        if messages and messages[0].kind != PUSH:
            return begin, place + 1
        if messages:
            begin = place + 1
    return begin, None


def _number(line: bytes) -> int:
    try:
        return int(line[1:])
    except ValueError:
        raise NotRedis(f"{line[:16]!r} announces no length") from None
