"""What the holder of a connection does with it."""

from dataclasses import dataclass

from ..duration import duration
from .base import HolderEvent
from .names import Names


@dataclass(frozen=True, slots=True)
class BlockLeft(HolderEvent):
    """A ``with`` block that held the connection of `acquire` was left."""

    by: str
    """How: ``"return"``, or the name of the exception that was raised inside."""

    def text(self, names: Names) -> str:
        if names.in_lanes:
            return "leaves its block" if self.by == "return" else f"leaves its block by {self.by}"
        how = "at its end" if self.by == "return" else f"by {self.by}"
        return f"the block that holds {names.given[self.acquire]} is left {how}"


@dataclass(frozen=True, slots=True)
class Used(HolderEvent):
    """The holder sent a command and got its own reply, or a `refusal`; if not, `trouble` says what."""

    trouble: str = ""
    refusal: str = ""

    def text(self, names: Names) -> str:
        on = f"command on {names.given[self.acquire]}"
        outcome = self.trouble or self.refusal
        if not names.in_lanes:
            return f"a {on}: {outcome or 'gets its own reply'}"
        if self.trouble and names.short:
            outcome = "which goes wrong"
        return f"sends a {on}: {outcome}" if outcome else f"sends a {on}"


@dataclass(frozen=True, slots=True)
class Dropped(HolderEvent):
    """The holder closed the connection, as a client does after an error."""

    def text(self, names: Names) -> str:
        it = names.given[self.acquire]
        return f"closes {it}" if names.in_lanes else f"the holder of {it} closes it"


@dataclass(frozen=True, slots=True)
class Forgotten(HolderEvent):
    """The holder let go of the connection without releasing it: nobody refers to it any more, unless
    the pool itself does.
    """

    def text(self, names: Names) -> str:
        it = names.given[self.acquire]
        who = f"has {it}," if names.in_lanes else f"the holder of {it}"
        return f"{who} lets go of it without releasing it, and it is garbage"


@dataclass(frozen=True, slots=True)
class LeftUnread(HolderEvent):
    """The holder sent a command, and will not read the reply."""

    command: str = ""

    def text(self, names: Names) -> str:
        it = names.given[self.acquire]
        who = f"on {it}," if names.in_lanes else f"the holder of {it}"
        return f"{who} sends {self.command or 'a command'} and does not read the reply"


@dataclass(frozen=True, slots=True)
class ReplyAwaited(HolderEvent):
    """The holder waited for a reply that the server withheld for `server_s` seconds."""

    server_s: float
    took_s: float
    timed_out: bool
    control_s: float
    """How long a plain wait of the standard library for `socket_timeout` took meanwhile."""

    def text(self, names: Names) -> str:
        outcome = f"{'gives up' if self.timed_out else 'gets it'} after {duration(self.took_s)}"
        if names.in_lanes:
            return f"awaits a reply: {outcome}"
        who = f"the holder of {names.given[self.acquire]}"
        withheld = f"that the server withholds for {duration(self.server_s)}"
        return f"{who} awaits a reply {withheld}: {outcome}"
