"""What the text of an event calls callers, pools and connections.

The texts of a history have two forms. Where callers come one by one, each text is a whole sentence.
Where they overlap, each caller has a letter that stands beside its texts, in a lane or before a colon.
"""

from dataclasses import dataclass, field

from .values import Error


@dataclass(frozen=True, slots=True)
class Names:
    """The names for one history, in one of the two forms."""

    in_lanes: bool
    """Whether the caller stands beside the text. If not, the text has a subject of its own."""
    short: bool
    """Whether a connection is `#1`, not `connection 1`, and an error is its type alone."""
    several: bool
    """Whether more than one pool acts, so that texts must say which."""
    callers: dict[int, str] = field(default_factory=dict)
    """By the call, of whatever kind: the letter of the caller that makes it."""
    pools: dict[int, str] = field(default_factory=dict)
    """By the call of the acquire: its pool."""
    called_s: dict[int, float] = field(default_factory=dict)
    """By the call of the acquire: when it was called."""
    calls: dict[int, str] = field(default_factory=dict)
    """By the call, of an acquire or a release: what it is, as the subject of a sentence."""
    given: dict[int, str] = field(default_factory=dict)
    """By the call of the acquire: the connection that it got."""
    releasing: dict[int, str] = field(default_factory=dict)
    """By the call of the release: what it gives back, and whose it is if not the caller's."""
    hosts: dict[int, int] = field(default_factory=dict)
    """By the call of the release: the call in the middle of which it was made."""
    again: set[int] = field(default_factory=set)
    """The releases of what had been released already."""
    graceful: set[int] = field(default_factory=set)
    """The calls that close a pool and name a grace period."""

    def subject(self, words: str) -> str:
        """The subject and a blank before what it does; nothing if the caller stands beside the text."""
        return "" if self.in_lanes else f"{words} "

    def connection(self, number: int) -> str:
        """The connection of this number."""
        return f"#{number}" if self.short else f"connection {number}"

    def error(self, error: Error) -> str:
        """The type of the error, and its message where there is space."""
        return error.bare_type if self.short else str(error)

    def of(self, pool: str, preposition: str) -> str:
        """Which pool, after a blank; nothing if there is only one."""
        if not self.several:
            return ""
        return f" {preposition} {'pool ' if self.in_lanes else ''}{pool}"
