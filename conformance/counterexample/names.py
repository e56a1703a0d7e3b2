"""What the texts of a history call its callers, pools and connections."""

from collections.abc import Sequence

from poolproof.spec.model.events import (
    AcquireCalled,
    Acquired,
    BlockLeft,
    CallBegins,
    CallEnds,
    CloseCalled,
    Event,
    Names,
    Quiescent,
    ReleaseCalled,
)

from .selection import acting_pools


def names_of(events: Sequence[Event], *, in_lanes: bool, short: bool) -> Names:
    """The names for this history. A caller is one acquire, and whoever releases what it got."""
    names = Names(in_lanes, short, several=len(acting_pools(events)) > 1)
    asking: set[int] = set()
    released: set[int] = set()
    for event in events:
        if isinstance(event, CallBegins) and not isinstance(event, ReleaseCalled):
            names.callers[event.call] = _letters(len(set(names.callers.values())))
        match event:
            case AcquireCalled(call=call):
                names.pools[call] = event.pool
                names.called_s[call] = event.at_s
                names.calls[call] = event.asks(names)
                asking.add(call)
            case Acquired(call=call):
                names.given[call] = event.given(names)
            case ReleaseCalled(acquire=acquire):
                _name_release(event, names)
                if acquire in released:
                    names.again.add(event.call)
                released.add(acquire)
            case BlockLeft(acquire=acquire):
                released.add(acquire)
            case CloseCalled(call=call) if event.grace_s is not None:
                names.graceful.add(call)
            case Quiescent():
                for call in asking:
                    names.calls[call] = f"the waiting acquire{names.of(names.pools[call], 'from')}"
            case _:
                pass
        if isinstance(event, CallEnds):
            asking.discard(event.call)
    return names


def _name_release(event: ReleaseCalled, names: Names) -> None:
    given = names.given[event.acquire]
    owner = names.callers[event.acquire]
    host = event.acquire if event.inside is None else event.inside
    caller = names.callers.get(host, owner)  # the host may be a call to a pool left out
    names.callers[event.call] = caller
    names.calls[event.call] = f"the release of {given}"
    names.releasing[event.call] = given if caller == owner else f"{owner}'s {given}"
    if event.inside is not None:
        names.hosts[event.call] = event.inside


def _letters(number: int) -> str:
    """A, B, and so on to Z, then AA, AB."""
    letters = ""
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters
