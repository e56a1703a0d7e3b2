"""Says who did what, row by row, when several callers act at once.

What begins and ends without anything in between is one row; where something came in between, the
beginning and the end are rows of their own. Where nothing moves any more, the last row says also
what the pool is like.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from poolproof.spec import History
from poolproof.spec.model.duration import duration
from poolproof.spec.model.events import (
    AcquireCalled,
    AcquireCancelled,
    Acquired,
    AcquireFailed,
    BlockLeft,
    BytesArrived,
    CancelCalled,
    CloseCalled,
    CloseReturned,
    CommandCalled,
    CommandInterrupted,
    CommandReturned,
    Cut,
    DisconnectCalled,
    DisconnectReturned,
    Dropped,
    Error,
    Event,
    Forgotten,
    HeldUp,
    LeftUnread,
    Outage,
    OutageOver,
    Overdue,
    Quiescent,
    ReauthCalled,
    ReauthReturned,
    ReleaseCalled,
    ReleaseCancelled,
    ReleaseReturned,
    ReplyAwaited,
    Used,
)

from . import words
from .names import Names
from .standing import told_standing, waiting_in
from .steps import acting_pools

USELESS = "one that does not work"

NOTABLE_S = 0.1
"""How much time must pass, without anything happening, to be told."""


@dataclass(slots=True)
class Row:
    """One thing that happened."""

    caller: str = ""
    """The caller whom it happened to; empty if it was none."""
    text: str = ""
    pool: str = ""
    """What the pool is like afterwards, if nothing moves any more."""
    leaver: str = ""
    """The caller, if there is one, who has from now on neither a connection nor a call under way."""


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """The last row, as long as what happens next to the same call can be told in it."""

    call: int
    whole: str
    """What it says if something is told in it."""
    begins: bool = False
    """Whether it tells only that the call begins."""


def rows_of(events: Sequence[Event], *, short: bool) -> tuple[Row, ...]:
    """The rows of a history, in the order in which things happened.

    Short, they name connections `#1` and leave the messages of errors out.
    """
    return tuple(_Rows(events, short=short).told())


def in_rows(introduction: str, rows: Sequence[Row]) -> tuple[str, ...]:
    """The rows one below the other, each with its caller's name."""
    steps = [introduction]
    for row in rows:
        if row.text:
            steps.append(f"caller {row.caller}: {row.text}" if row.caller else row.text)
        if row.pool:
            steps.append(f"nothing moves: {row.pool}")
    return tuple(" ".join(step.splitlines()) for step in steps)


class _Rows:
    """Walks one history. The event at its end always has a row."""

    def __init__(self, events: Sequence[Event], *, short: bool) -> None:
        self._events = events
        self._short = short
        self._names = Names(short)
        self._rows: list[Row] = []
        self._pools = acting_pools(events)
        self._called_s: dict[int, float] = {}
        self._released: set[int] = set()
        self._unfinished: _Unfinished | None = None
        self._settled = 0
        """How many rows there were when nothing moved the last time."""
        self._settled_s: float | None = None
        self._told_s = 0.0
        """Up to when it has been told how time passed."""
        self._connects_held = False
        self._outage_tells_it = False
        self._back: tuple[Row, float] | None = None
        """How it is told that the server is back, and when it was."""
        self._given_up: set[int] = set()
        self._waited: dict[str, list[int]] = {}
        """For each pool, who waited when nothing moved the last time."""

    def told(self) -> list[Row]:
        """The rows."""
        moments = History(tuple(self._events)).moments
        before = {
            (moment.index, pool): moment.before for pool in self._pools for moment in moments[pool]
        }
        for index, event in enumerate(self._events):
            self._outage_tells_it = words.tells_of_cuts(event, told_already=self._outage_tells_it)
            if isinstance(event, Quiescent):
                told = []
                for pool in self._pools:
                    state = before.get((index, pool))
                    if state is None:
                        continue  # it is built later
                    standing = told_standing(
                        pool,
                        state,
                        event,
                        self._names,
                        waited=self._waited.get(pool, ()),
                        given_up=self._given_up,
                    )
                    self._waited[pool] = waiting_in(state, event)
                    told.append(f"pool {pool}: {standing}" if len(self._pools) > 1 else standing)
                is_last = index == len(self._events) - 1
                self._settle(event, "; ".join(told), is_last=is_last)
            else:
                self._pass(event)
                self._happen(event)
            self._told_s = event.at_s
        return self._rows

    def _pass(self, event: Event) -> None:
        """Say how much time passed before this, unless what happens says so itself."""
        tells_of_time = isinstance(event, AcquireFailed | Overdue | ReplyAwaited)
        passed_s = event.at_s - self._told_s
        if not tells_of_time and passed_s >= NOTABLE_S and self._rows:
            self._happens_to_all(words.told_passed(passed_s))

    def _settle(self, event: Quiescent, standing: str, *, is_last: bool) -> None:
        """Say beside the last thing that happened what the pool is like now."""
        if event.connects_held is not self._connects_held:
            self._connects_held = event.connects_held
            whom = "nobody connect" if self._connects_held else "callers connect again"
            # It did so before the callers acted: bursts begin with it.
            self._rows.insert(self._settled, Row(text=f"the server lets {whom}"))
        passed_s = 0.0 if self._settled_s is None else event.at_s - self._settled_s
        self._settled_s = event.at_s
        if self._settled < len(self._rows):
            self._tell_what_time_there_was(event)
            self._rows[-1].pool = standing
        elif passed_s >= NOTABLE_S:
            self._rows.append(Row(text=words.told_passed(passed_s), pool=standing))
        elif is_last or (self._rows and self._rows[-1].pool != standing):
            self._rows.append(Row(pool=standing))
        self._settled = len(self._rows)
        self._unfinished = None

    def _tell_what_time_there_was(self, event: Quiescent) -> None:
        """Say how long nothing has happened since the server was back."""
        row, back_s = self._back or (None, event.at_s)
        if row is self._rows[-1] and event.at_s - back_s >= NOTABLE_S:
            row.text += f"; {words.told_passed(event.at_s - back_s)}"

    def _happen(self, event: Event) -> None:
        match event:
            case AcquireCalled(at_s=at_s, pool=pool, call=call):
                self._called_s[call] = at_s
                self._names.newcomer(call)
                asks = f"acquire{words.told_within(event)}{self._of(pool, 'from')}"
                self._begin(call, asks, whole=asks)
            case Acquired():
                self._acquired(event)
            case AcquireFailed(at_s=at_s, call=call, error=error):
                after = duration(at_s - self._called_s[call])
                self._end(call, f"fails after {after} with {self._error(error)}", leaver=call)
            case CancelCalled(call=call, by=by):
                self._go_on(call, "is cancelled" if by == "cancel" else f"is cancelled by {by}")
            case AcquireCancelled(call=call):
                self._end(call, "leaves with nothing", leaver=call)
            case ReleaseCalled():
                self._release(event)
            case ReleaseReturned():
                self._returned(event)
            case ReleaseCancelled(call=call, acquire=acquire):
                self._end(call, "leaves", leaver=acquire)
            case Overdue(call=call):
                self._given_up.add(call)
                what = "" if call in self._names.caller else "a call "
                self._end(call, f"{what}{words.told_overdue(event)}")
            case (
                CloseCalled(call=call, pool=pool)
                | DisconnectCalled(call=call, pool=pool)
                | ReauthCalled(call=call, pool=pool)
            ):
                self._names.newcomer(call)
                does = f"{words.told_ending(event)}{self._of(pool, 'of')}"
                self._begin(call, f"{does}: begins", whole=does)
            case (
                CloseReturned(call=call) | DisconnectReturned(call=call) | ReauthReturned(call=call)
            ):
                self._ended(call, event.error)
            case CommandCalled(call=call):
                self._names.newcomer(call)
                self._begin(
                    call, "gives a command to a client", whole="gives a command to a client"
                )
            case HeldUp(call=call):
                self._go_on(call, words.HELD_UP)
            case CommandInterrupted(call=call):
                self._end(call, words.told_interrupted(event), leaver=call)
            case CommandReturned(call=call):
                self._end(call, words.told_returned(event, short=self._short), leaver=call)
            case Outage():
                self._happens_to_all(words.told_outage(event))
            case OutageOver(at_s=at_s):
                self._happens_to_all(words.told_outage(event))
                self._back = self._rows[-1], at_s
            case Cut() if self._outage_tells_it:
                pass
            case Cut(connection=connection):
                self._happens_to_all(words.told_cut(event, self._names.connection(connection)))
            case BytesArrived(connection=connection):
                self._happens_to_all(f"{words.ARRIVED} {self._names.connection(connection)}")
            case _:
                self._hold(event)

    def _acquired(self, event: Acquired) -> None:
        if event.connection is None:
            what = "one with another caller's reply on it" if event.foreign else USELESS
            self._names.given[event.call] = what
            is_told = event.foreign or not self._short
            self._end(event.call, f"gets {what}: {event.trouble}" if is_told else f"gets {what}")
            return
        self._names.given[event.call] = self._names.connection(event.connection)
        self._end(event.call, f"gets {self._names.given[event.call]}")

    def _release(self, event: ReleaseCalled) -> None:
        owner = self._names.caller[event.acquire]
        host = event.acquire if event.inside is None else event.inside
        caller = self._names.caller.get(host, owner)  # the host may be a call to a pool left out
        whose = "" if caller == owner else f"{owner}'s "
        what = f"{whose}{self._names.given[event.acquire]}"
        self._names.caller[event.call] = caller
        self._names.releasing[event.call] = what
        if event.inside is not None:
            self._names.host[event.call] = event.inside
        again = " again" if event.acquire in self._released else ""
        self._released.add(event.acquire)
        where = "" if event.inside is None else "inside it: "
        to = self._of(event.pool, "to")
        self._begin(
            event.call,
            f"{where}begins to release {what}{again}{to}",
            whole=f"{where}release {what}{again}{to}",
        )

    def _returned(self, event: ReleaseReturned) -> None:
        if event.error is not None:
            how = f"the release raises {self._error(event.error)}"
        elif event.waited_for_reply:
            how = "the release returns only when the server sends the reply that it owes"
        elif self._begins_only(event.call):
            how = ""
        else:
            how = f"has released {self._names.releasing[event.call]}"
        self._end(event.call, how, leaver=event.acquire)

    def _ended(self, call: int, error: Error | None) -> None:
        if error is not None:
            how = f"raises {self._error(error)}"
        else:
            how = "" if self._begins_only(call) else "has done so"
        self._end(call, how, leaver=call)

    def _begins_only(self, call: int) -> bool:
        unfinished = self._unfinished
        return unfinished is not None and unfinished.call == call and unfinished.begins

    def _hold(self, event: Event) -> None:
        """What a holder does with its connection."""
        match event:
            case BlockLeft(acquire=acquire, by=by):
                self._released.add(acquire)
                how = "leaves its block" if by == "return" else f"leaves its block by {by}"
                self._add(acquire, how, leaver=acquire)
            case Used(acquire=acquire, trouble=trouble, refusal=refusal):
                trouble = "which goes wrong" if trouble and self._short else trouble or refusal
                told = f"sends a command on {self._names.given[acquire]}"
                self._add(acquire, f"{told}: {trouble}" if trouble else told)
            case Dropped(acquire=acquire):
                self._add(acquire, f"closes {self._names.given[acquire]}")
            case Forgotten(acquire=acquire):
                self._add(
                    acquire, f"has {self._names.given[acquire]}, {words.FORGETS}", leaver=acquire
                )
            case LeftUnread(acquire=acquire):
                self._add(
                    acquire, f"on {self._names.given[acquire]}, {words.told_left_unread(event)}"
                )
            case ReplyAwaited(acquire=acquire, timed_out=timed_out, took_s=took_s):
                how = "gives up" if timed_out else "gets it"
                self._add(acquire, f"awaits a reply: {how} after {duration(took_s)}")
            case _:
                pass

    def _add(self, call: int, text: str, *, leaver: int | None = None) -> None:
        self._rows.append(Row(self._names.caller.get(call, ""), text))
        self._leaves(leaver)
        self._unfinished = None

    def _happens_to_all(self, text: str) -> None:
        self._rows.append(Row(text=text))
        self._unfinished = None

    def _leaves(self, acquire: int | None) -> None:
        if acquire is not None:
            self._rows[-1].leaver = self._names.caller[acquire]

    def _begin(self, call: int, text: str, *, whole: str) -> None:
        self._add(call, text)
        self._unfinished = _Unfinished(call, whole, begins=True)

    def _go_on(self, call: int, text: str) -> None:
        """Something happened to a call; in the same row if nothing came in between."""
        unfinished = self._unfinished
        if unfinished is None or unfinished.call != call:
            self._add(call, text)
            self._unfinished = _Unfinished(call, text)
            return
        mark = ":" if unfinished.begins else ","
        self._rows[-1].text = f"{unfinished.whole}{mark} {text}" if text else unfinished.whole
        self._unfinished = _Unfinished(call, self._rows[-1].text)

    def _end(self, call: int, text: str, *, leaver: int | None = None) -> None:
        self._go_on(call, text)
        self._leaves(leaver)
        self._unfinished = None

    def _error(self, error: Error) -> str:
        return error.type_name.rpartition(".")[2] if self._short else str(error)

    def _of(self, pool: str, preposition: str) -> str:
        return f" {preposition} pool {pool}" if len(self._pools) > 1 else ""
