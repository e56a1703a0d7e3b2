"""What a story says of an event, whether it is told in steps or in lanes."""

from poolproof.spec.model.duration import duration
from poolproof.spec.model.events import (
    AcquireCalled,
    CloseCalled,
    CloseReturned,
    CommandInterrupted,
    CommandReturned,
    Cut,
    DisconnectCalled,
    DisconnectReturned,
    Event,
    LeftUnread,
    Outage,
    OutageOver,
    Overdue,
    ReauthCalled,
    ReauthReturned,
)

LONG_S = 10.0
"""Time that is told also where nobody is known to have waited for it."""


FORGETS = "lets go of it without releasing it, and it is garbage"


def told_within(event: AcquireCalled) -> str:
    """What a caller said of how long it would wait."""
    return "" if event.timeout_s is None else f" with a timeout of {duration(event.timeout_s)}"


def told_passed(seconds: float) -> str:
    """How much time went by in which nothing happened."""
    return f"{duration(seconds)} pass"


def told_overdue(event: Overdue) -> str:
    """How long a call was waited for; where nothing moved any more, nobody had to wait."""
    return (
        f"has not returned after {duration(event.waited_s)}" if event.waited_s else "never returns"
    )


def told_ending(
    event: CloseCalled
    | CloseReturned
    | DisconnectCalled
    | DisconnectReturned
    | ReauthCalled
    | ReauthReturned,
) -> str:
    """What is done to the whole pool."""
    if isinstance(event, CloseCalled) and event.grace_s is not None:
        return f"closes the pool with a grace period of {duration(event.grace_s)}"
    if isinstance(event, ReauthCalled | ReauthReturned):
        return "tells the pool of new credentials"
    closes = isinstance(event, CloseCalled | CloseReturned)
    return "closes the pool" if closes else "disconnects the pool"


HELD_UP = "stands still, while the server's answer to AUTH is outstanding"

ARRIVED = "bytes that nobody reads arrive on"


def told_left_unread(event: LeftUnread) -> str:
    """What a holder sent whose reply it does not read."""
    return f"sends {event.command or 'a command'} and does not read the reply"


def told_cut(event: Cut, connection: str) -> str:
    """How a connection came to its end."""
    if event.how == "CLIENT KILL":
        return f"the server closes {connection} ({event.how})"
    return f"{connection} is cut: {event.how}"


def tells_of_cuts(event: Event, *, told_already: bool) -> bool:
    """Whether it has been said of the cuts that come next, if any, how all connections end: what an
    outage does to those that are open follows it at once.
    """
    return isinstance(event, Outage) or (told_already and isinstance(event, Cut))


def told_interrupted(event: CommandInterrupted) -> str:
    """By what a command was interrupted, and when."""
    by = "is cancelled" if event.by == "cancel" else f"is interrupted by {event.by}"
    return f"{by} while its reply is on its way" if event.outstanding else by


def told_returned(event: CommandReturned, *, short: bool) -> str:
    """What came of a command."""
    if event.error is not None:
        return f"fails with {event.error.type_name.rpartition('.')[2] if short else event.error}"
    if not event.foreign:
        return "gets its reply"
    return f"gets another's reply{'' if short else f': {event.foreign}'}"


def told_outage(event: Outage | OutageOver) -> str:
    """What has become of the server, or of what connections are made with."""
    if event.here:
        if isinstance(event, Outage):
            return f"the pool's connections begin to fail: {event.how}"
        return "connections do not fail any more"
    if isinstance(event, Outage):
        return f"the server cannot be reached: {event.how}"
    return "the server can be reached again"
