"""Tells of callers who come one by one: one step a line."""

from collections.abc import Iterator, Sequence

from poolproof.spec.model.duration import duration
from poolproof.spec.model.events import (
    AcquireCalled,
    Acquired,
    AcquireFailed,
    ArgumentTried,
    BlockLeft,
    BytesArrived,
    CloseCalled,
    CloseReturned,
    CommandInterrupted,
    CommandReturned,
    Cut,
    DisconnectReturned,
    Dropped,
    Event,
    FeatureTried,
    Forgotten,
    HeldUp,
    LeftUnread,
    Outage,
    OutageOver,
    Overdue,
    PoolBuilt,
    PoolConfig,
    Quiescent,
    ReauthCalled,
    ReauthReturned,
    ReleaseCalled,
    ReleaseReturned,
    ReplyAwaited,
    Shown,
    Used,
)
from poolproof.spec.model.fork_events import (
    AcquiredAfterFork,
    ClosedAfterFork,
    Forked,
    ReleasedAfterFork,
    UsedAfterFork,
)

from .forks import told_fork
from .words import (
    ARRIVED,
    FORGETS,
    HELD_UP,
    LONG_S,
    tells_of_cuts,
    told_cut,
    told_ending,
    told_interrupted,
    told_left_unread,
    told_outage,
    told_overdue,
    told_passed,
    told_returned,
    told_within,
)


def in_steps(events: Sequence[Event]) -> tuple[str, ...]:
    """One line for each thing that a caller did or that happened to one."""
    return tuple(" ".join(step.splitlines()) for step in _Teller(events).steps())


def acting_pools(events: Sequence[Event]) -> list[str]:
    """The pools in which something happens; if there are none, the one that was built first."""
    acting = {getattr(event, "pool", "") for event in events if not isinstance(event, PoolBuilt)}
    built = [event.pool for event in events if isinstance(event, PoolBuilt)]
    return [pool for pool in built if pool in acting] or built[:1]


def introduction(events: Sequence[Event]) -> str:
    """The pools of the story and their config."""
    built = [event for event in events if isinstance(event, PoolBuilt)]
    several = len(acting_pools(events)) > 1
    names = " and ".join(event.pool for event in built)
    pools = f"the pools {names} are built" if several else "a pool is built"
    return f"{pools} with {_terms(built[0].config)}"


class _Teller:
    """Tells the events of one history in order."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self._pool_of: dict[int, str] = {}
        self._connection: dict[int, str] = {}
        self._called_s: dict[int, float] = {}
        self._within: dict[int, str] = {}
        self._graceful: set[int] = set()
        self._releases: dict[int, int] = {}
        self._released: set[int] = set()
        self._waiting: set[int] = set()
        self._outage_tells_it = False
        self._several = len(acting_pools(events)) > 1
        self._last_s = 0.0
        """When the last thing happened."""

    def steps(self) -> Iterator[str]:
        """One line for each thing that a caller did or that happened to one."""
        if any(isinstance(event, PoolBuilt) for event in self._events):
            yield introduction(self._events)
        for event in self._events:
            self._outage_tells_it = tells_of_cuts(event, told_already=self._outage_tells_it)
            passed_s, self._last_s = event.at_s - self._last_s, event.at_s
            if isinstance(event, Quiescent) and passed_s >= LONG_S:
                yield told_passed(passed_s)
            line = self._line(event)
            if line is not None:
                yield line

    def _line(self, event: Event) -> str | None:
        match event:
            case AcquireCalled():
                self._called_s[event.call] = event.at_s
                self._pool_of[event.call] = event.pool
                self._within[event.call] = told_within(event)
                return None
            case Acquired():
                return self._acquired(event)
            case AcquireFailed():
                after = duration(event.at_s - self._called_s.pop(event.call))
                return f"{self._who(event.call)} fails after {after} with {event.error}"
            case ReleaseCalled():
                return self._release(event)
            case ReleaseReturned():
                return self._released_how(event)
            case BlockLeft():
                self._released.add(event.acquire)
                how = "at its end" if event.by == "return" else f"by {event.by}"
                return f"the block that holds {self._connection[event.acquire]} is left {how}"
            case Used():
                outcome = event.trouble or event.refusal or "gets its own reply"
                return f"a command on {self._connection[event.acquire]}: {outcome}"
            case Dropped():
                return f"the holder of {self._connection[event.acquire]} closes it"
            case Forgotten():
                return f"the holder of {self._connection[event.acquire]} {FORGETS}"
            case ReplyAwaited():
                outcome = "gives up" if event.timed_out else "gets it"
                return (
                    f"the holder of {self._connection[event.acquire]} awaits a reply that the "
                    f"server withholds for {duration(event.server_s)}: {outcome} after "
                    f"{duration(event.took_s)}"
                )
            case Quiescent():
                return self._who_waits()
            case Overdue():
                return f"{self._what(event.call)} {told_overdue(event)} and is given up"
            case CloseCalled(grace_s=float(), call=call):
                self._graceful.add(call)
                return f"somebody {told_ending(event)}{self._of(event.pool, 'of')}"
            case CloseReturned(call=call) if call in self._graceful:
                how = "" if event.error is None else f", and raises {event.error}"
                return f"closing the pool{self._of(event.pool, 'of')} comes to its end{how}"
            case ReauthCalled():
                of = self._of(event.pool, "of")
                return f"somebody begins to tell the pool{of} of new credentials"
            case HeldUp():
                return f"the release {HELD_UP}"
            case ReauthReturned(error=error):
                how = "" if error is None else f", and raises {error}"
                return f"telling the pool{self._of(event.pool, 'of')} comes to its end{how}"
            case CloseReturned() | DisconnectReturned():
                how = "" if event.error is None else f", which raises {event.error}"
                return f"somebody {told_ending(event)}{self._of(event.pool, 'of')}{how}"
            case Cut() if self._outage_tells_it:
                return None
            case Cut(connection=connection):
                return told_cut(event, f"connection {connection}")
            case LeftUnread():
                return f"the holder of {self._connection[event.acquire]} {told_left_unread(event)}"
            case BytesArrived(connection=connection):
                return f"{ARRIVED} connection {connection}"
            case CommandInterrupted():
                return f"a command of a client{self._of(event.pool)} {told_interrupted(event)}"
            case CommandReturned():
                told = told_returned(event, short=False)
                return f"a command of a client{self._of(event.pool)} {told}"
            case Outage() | OutageOver():
                return told_outage(event)
            case _:
                return _tell_trial(event)

    def _acquired(self, event: Acquired) -> str:
        who = self._who(event.call)
        self._waiting.discard(event.call)
        if event.connection is None:
            self._connection[event.call] = "the connection that does not work"
            if event.foreign:
                return f"{who} gets a connection with another caller's reply on it: {event.trouble}"
            return f"{who} gets a connection that does not work: {event.trouble}"
        self._connection[event.call] = f"connection {event.connection}"
        return f"{who} gets connection {event.connection}"

    def _who(self, call: int) -> str:
        pool = self._of(self._pool_of[call])
        if call in self._waiting:
            return f"the waiting acquire{pool}"
        return f"acquire{self._within[call]}{pool}"

    def _what(self, call: int) -> str:
        """What a call was that never returned."""
        if call in self._releases:
            return f"the release of {self._connection[self._releases[call]]}"
        if call in self._called_s and call not in self._connection:
            return self._who(call)
        return "a call"

    def _who_waits(self) -> str | None:
        new = [
            call
            for call in self._called_s
            if call not in self._connection and call not in self._waiting
        ]
        self._waiting.update(new)
        if not new:
            return None
        return f"acquire{self._within[new[0]]}{self._of(self._pool_of[new[0]])} waits"

    def _release(self, event: ReleaseCalled) -> str:
        name = self._connection[event.acquire]
        again = " again" if event.acquire in self._released else ""
        self._released.add(event.acquire)
        self._releases[event.call] = event.acquire
        to = self._of(event.pool, "to")
        owner = self._pool_of[event.acquire]
        foreign = f", which is pool {owner}'s," if owner != event.pool else ""
        return f"release {name}{foreign}{again}{to}"

    def _released_how(self, event: ReleaseReturned) -> str | None:
        if event.waited_for_reply:
            return "the release returns only when the server sends the reply that it owes"
        if event.error is not None:
            return f"the release raises {event.error}"
        return None

    def _of(self, pool: str, preposition: str = "from") -> str:
        return f" {preposition} {pool}" if self._several else ""


def _terms(config: PoolConfig) -> str:
    told = f"max_connections={config.max_connections}"
    if config.takes_timeout:
        told += f", timeout={config.timeout_s}"
    if config.socket_timeout_s is not None:
        told += f", socket_timeout={config.socket_timeout_s}"
    if config.max_idle_time_s is not None:
        told += f", max_idle_time={config.max_idle_time_s}"
    if config.max_lifetime_s is not None:
        told += f", max_lifetime={config.max_lifetime_s}"
    if config.min_idle is not None:
        told += f", min_idle={config.min_idle}"
    return told


def _tell_trial(event: Event) -> str | None:
    match event:
        case ArgumentTried(argument=argument, value=value, refused=refused, returned=returned):
            outcome = "accepted" if refused is None else f"refused with {refused}"
            outcome = outcome if returned else "the pool hung"
            return f"a pool is built with {argument}={value}: {outcome}"
        case FeatureTried(feature=feature, trouble=trouble):
            return f"{feature}: {trouble or 'works'}"
        case (
            Forked()
            | AcquiredAfterFork()
            | ReleasedAfterFork()
            | ClosedAfterFork()
            | UsedAfterFork()
        ):
            return told_fork(event)
        case Shown(what=what, text=text, secrets=secrets):
            for secret in secrets:
                text = text.replace(secret, "<the secret>")
            return f"{what} reads: {' '.join(text.split())}"
        case _:
            return None
