"""The ways in which things are done to servers, to connections and to those who call."""

from typing import Literal, TypeAlias

Means: TypeAlias = Literal["cancel", "wait_for", "timeout"]
"""How a caller is cancelled."""

MEANS: tuple[Means, ...] = ("cancel", "wait_for", "timeout")

Signal: TypeAlias = Literal["KeyboardInterrupt", "SystemExit"]
"""What the handler of a signal raises in a thread: that of Ctrl-C, and one that ends the process."""

SIGNALS: tuple[Signal, ...] = ("KeyboardInterrupt", "SystemExit")

Refusal: TypeAlias = Literal["refused", "full", "locked"]
"""How a server turns away who connects: nobody listens, it has no room, or it demands a password."""

REFUSALS: tuple[Refusal, ...] = ("refused", "full", "locked")

CutInReply: TypeAlias = Literal["hung up", "reset"]
"""How a connection is cut on the way, also in a reply. Hung up, it is closed at its other end."""

CutByNetwork: TypeAlias = CutInReply | Literal["half-closed"]
"""How a connection is cut on the way. Half-closed, its other end says that no more will come, and still
listens.
"""

CutKind: TypeAlias = Literal["closed by the server"] | CutByNetwork
"""How a connection is cut."""

CUT_KINDS: tuple[CutKind, ...] = ("closed by the server", "hung up", "half-closed", "reset")

Silence: TypeAlias = Literal["frozen", "paused", "swallowed"]
"""How a server is there and says nothing: its process is stopped, it was told to let everybody wait, or
all that is sent to it and by it is lost on the way.
"""

Absence: TypeAlias = Refusal | CutByNetwork | Silence | Literal["down"]
"""How a server is away: whoever connects is turned away, and what is open stays; or is cut, too, on the
way or because the server ends, if it is one that may; or it says nothing."""

Failure: TypeAlias = Literal["making", "opening", "looking", "closing"]
"""What of a pool's connections raises: making one, opening it, looking at it, or closing it, too."""

Spoiling: TypeAlias = Literal["look times out", "look fails", "due", "slow"]
"""What is amiss with a connection for its pool alone: a look at it raises one or another error, or its
client has marked it as one to be opened again when it is released, and closing it may be slow.
"""

FAILURES: tuple[Failure, ...] = ("making", "opening", "looking", "closing")
