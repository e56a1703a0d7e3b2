"""What has happened to a pool that its clauses must know of: a deed once done is never undone."""

from enum import Enum, auto


class Deed(Enum):
    """Something that has happened to a pool and that a clause may have to take into account."""

    RELEASED = auto()
    """A connection in use was released."""

    LEFT_BLOCK = auto()
    """A ``with`` block was left."""

    TIMED_OUT = auto()
    """An acquire failed that the pool did not owe a connection all the time."""

    DROPPED = auto()
    """A holder closed its connection."""

    FORGOTTEN = auto()
    """A holder let go of its connection without releasing it."""

    SECOND_RELEASE = auto()
    """A connection was released again by somebody who no longer held it."""

    FOREIGN_RELEASE = auto()
    """A connection of another pool was released to this one."""

    CANCELLED_WAITING = auto()
    """A caller was cancelled that waited, nothing having been released since it came."""

    CANCELLED_SERVED = auto()
    """A caller was cancelled that waited, after something had been released that could serve it."""

    CANCELLED_CONNECTING = auto()
    """A caller was cancelled whom the pool owed a free slot: it can only have been connecting."""

    CANCELLED_RELEASING = auto()
    """A caller was cancelled in the middle of a release."""

    RELEASED_INSIDE = auto()
    """A connection was released by a thread in the middle of another call of the pool."""

    STRAYED = auto()
    """A connection of this pool was released to another."""

    CUT_IDLE = auto()
    """A connection was cut while it was idle, and its socket shows it."""

    CUT_HELD = auto()
    """A connection was cut while it was in use, and its socket shows it."""

    CUT_UNSEEN = auto()
    """A connection was cut and its socket does not show it, or nobody knows whether it was idle."""

    OUTAGE = auto()
    """The server let nobody connect, or did not answer, for a while; or connections failed here."""

    UNREAD = auto()
    """A holder left a reply unread, or bytes came that nobody had asked for."""

    COMMANDED = auto()
    """A client was given a command: it acquires and releases where nobody sees it."""

    INTERRUPTED = auto()
    """A client's command was interrupted while its reply was outstanding."""

    DISCONNECTED = auto()
    """The pool was to disconnect, and to go on."""

    CLOSED = auto()
    """The pool was to be closed."""

    OWN_TIMEOUT = auto()
    """An acquire was given a timeout of its own."""

    USELESS = auto()
    """A connection was handed out that does not answer."""

    LOST_TRACK = auto()
    """A call never returned, or a connection does not answer as it should or has two holders: from
    here on the state cannot be known."""


MISUSE = frozenset(
    {
        Deed.SECOND_RELEASE,
        Deed.FOREIGN_RELEASE,
        Deed.STRAYED,
        Deed.USELESS,
        Deed.LOST_TRACK,
    }
)
"""After one of these, only the clauses that speak of the misuse itself still judge."""

CUTS = frozenset({Deed.CUT_IDLE, Deed.CUT_HELD, Deed.CUT_UNSEEN})

DISTURBANCES = CUTS | {
    Deed.OUTAGE,
    Deed.FORGOTTEN,
    Deed.UNREAD,
    Deed.COMMANDED,
    Deed.INTERRUPTED,
    Deed.DISCONNECTED,
    Deed.CLOSED,
    Deed.OWN_TIMEOUT,
}
"""After one of these, a pool does many things rightly that it must not do otherwise."""

CANCELLATIONS = frozenset(
    {
        Deed.CANCELLED_WAITING,
        Deed.CANCELLED_SERVED,
        Deed.CANCELLED_CONNECTING,
        Deed.CANCELLED_RELEASING,
    }
)
"""Each of these has a clause of its own."""
