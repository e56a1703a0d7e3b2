"""Conditions: what has happened to a pool that a clause may have to take into account.

A condition, once it holds of a pool, holds for good. Each clause names those under which it is judged,
and is silent from the first other one on.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import TypeAlias


class Condition(Enum):
    """Something that has happened to a pool. Its value says in a sentence what."""

    RELEASED = "A connection in use was released."
    LEFT_BLOCK = "A `with` block that held a connection was left."
    TIMED_OUT = "An acquire failed that had not had a free slot all the time."
    DROPPED = "A holder closed its connection."
    CANCELLED_WAITING = "A waiter was cancelled, and nothing had been released since it came."
    CANCELLED_SERVED = "A waiter was cancelled after a release that could serve it."
    CANCELLED_CONNECTING = (
        "A caller was cancelled for whom a slot was free: it can only have been connecting."
    )
    CANCELLED_RELEASING = "A caller was cancelled in the middle of a release."
    RELEASED_INSIDE = "A thread released a connection in the middle of another call of the pool."

    CUT_IDLE = "A connection was cut while it was idle, and its socket shows it."
    CUT_HELD = "A connection was cut while it was in use, and its socket shows it."
    CUT_UNSEEN = (
        "A connection was cut. Its socket does not show it, or nobody knows whether it was idle."
    )
    OUTAGE = "There was an outage."
    FORGOTTEN = "A holder let go of its connection without releasing it."
    UNREAD = "A holder left a reply unread, or bytes came that nobody had asked for."
    COMMANDED = "A client was given a command: it acquires and releases where nobody sees it."
    INTERRUPTED = "A client's command was interrupted while its reply was outstanding."
    DISCONNECTED = "The pool was told to disconnect."
    CLOSED = "The pool was told to close."
    OWN_TIMEOUT = "An acquire was given a timeout of its own."

    SECOND_RELEASE = "A caller released a connection again that it no longer held."
    FOREIGN_RELEASE = "A connection of another pool was released to this one."
    RELEASED_ELSEWHERE = "A connection of this pool was released to another."
    USELESS = "A connection was handed out that does not answer."
    LOST_TRACK = (
        "A call never returned, a connection does not answer as it should or has two holders, or the "
        "pool was told of new credentials."
    )


Conditions: TypeAlias = AbstractSet[Condition]

CANCELLATIONS: Conditions = frozenset(
    {
        Condition.CANCELLED_WAITING,
        Condition.CANCELLED_SERVED,
        Condition.CANCELLED_CONNECTING,
        Condition.CANCELLED_RELEASING,
    }
)
"""Each of these has a clause of its own."""

CUTS: Conditions = frozenset({Condition.CUT_IDLE, Condition.CUT_HELD, Condition.CUT_UNSEEN})

STATE_UNKNOWN: Conditions = frozenset(
    {
        Condition.SECOND_RELEASE,
        Condition.FOREIGN_RELEASE,
        Condition.RELEASED_ELSEWHERE,
        Condition.USELESS,
        Condition.LOST_TRACK,
    }
)
"""After one of these nobody outside knows the state of the pool. Only clauses that speak of the very
thing still judge."""

ORDINARY: Conditions = CANCELLATIONS | {
    Condition.RELEASED,
    Condition.LEFT_BLOCK,
    Condition.TIMED_OUT,
    Condition.DROPPED,
    Condition.RELEASED_INSIDE,
}
"""What happens on a quiet day."""

ALL: Conditions = frozenset(Condition)

STATE_KNOWN = ALL - STATE_UNKNOWN

UNUSUAL = STATE_KNOWN - ORDINARY
"""After one of these, a pool does many things rightly that it must not do otherwise."""

GROUPS: Mapping[str, Conditions] = {
    "ordinary use": ORDINARY,
    "unusual events": UNUSUAL,
    "state unknown": STATE_UNKNOWN,
}
"""Every condition is in one of these."""
