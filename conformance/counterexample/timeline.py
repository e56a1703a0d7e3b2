"""A row for each event of callers whose calls overlap, with the name of the caller beside the text.

What begins and ends without anything in between is one row; where something came in between, the
beginning and the end are rows of their own. Where nothing moves any more, the last row says also
what the pool is like.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from poolproof.spec.model.duration import duration
from poolproof.spec.model.events import (
    Acquired,
    AcquireFailed,
    BlockLeft,
    CallBegins,
    CallEnds,
    CallEvent,
    Event,
    Forgotten,
    HolderEvent,
    OutageOver,
    Overdue,
    PoolBuilt,
    Quiescent,
    ReleaseCancelled,
    ReleaseReturned,
    ReplyAwaited,
)

from .names import names_of
from .rows import Row, in_one_line
from .selection import cuts_of_outages
from .snapshot import snapshots

NOTABLE_S = 0.1
"""How much time must pass, without anything happening, to have a row."""

LANES = 5
"""More than these, side by side, nobody can follow, nor do they fit."""


@dataclass(slots=True)
class _Row:
    """A row that is still written."""

    text: str = ""
    caller: str = ""
    pool: str = ""
    leaver: str = ""
    """The caller, if there is one, who has from now on neither a connection nor a call under way."""


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """The last row, as long as what happens next to the same call can be said in it."""

    call: int
    whole: str
    """What it says if something more is said in it."""
    begins: bool = False
    """Whether it says only that the call begins."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rows of a history, and which callers have a lane together."""

    rows: tuple[Row, ...]
    lanes: tuple[tuple[str, ...], ...]
    """The callers of each lane: one, or where they are too many, also those who come when one has
    left. None, if even so they are too many.
    """


def timeline_of(events: Sequence[Event], *, short: bool) -> Timeline:
    """The rows in the order in which things happened.

    If they are `short`, they name connections `#1` and leave the messages of errors out.
    """
    rows = _Writer(events, short=short).written()
    finished = (Row(in_one_line(row.text), row.caller, in_one_line(row.pool)) for row in rows)
    return Timeline(tuple(finished), _lanes(rows))


class _Writer:
    """Walks one history. The event at its end always has a row."""

    def __init__(self, events: Sequence[Event], *, short: bool) -> None:
        self._events = events
        self._names = names_of(events, in_lanes=True, short=short)
        self._rows: list[_Row] = []
        self._unfinished: _Unfinished | None = None
        self._rows_at_quiescence = 0
        """How many rows there were when nothing moved the last time."""
        self._quiescent_s: float | None = None
        self._last_s = 0.0
        self._connects_held = False
        self._back: tuple[_Row, float] | None = None
        """The row that says that the server is back, and when it was."""

    def written(self) -> list[_Row]:
        """The rows."""
        unsaid = cuts_of_outages(self._events)
        pool_at = snapshots(self._events, self._names)
        for index, event in enumerate(self._events):
            if isinstance(event, Quiescent):
                is_last = index == len(self._events) - 1
                self._be_quiescent(event, pool_at.get(index, ""), is_last=is_last)
            elif index not in unsaid and not isinstance(event, PoolBuilt):
                self._pass(event)
                self._happen(event)
            self._last_s = event.at_s
        return self._rows

    def _pass(self, event: Event) -> None:
        """Say how much time passed before this, unless what happens says so itself."""
        says_how_long = isinstance(event, AcquireFailed | Overdue | ReplyAwaited)
        passed_s = event.at_s - self._last_s
        if not says_how_long and passed_s >= NOTABLE_S and self._rows:
            self._add("", f"{duration(passed_s)} pass")

    def _be_quiescent(self, event: Quiescent, pool: str, *, is_last: bool) -> None:
        """Say beside the last thing that happened what the pool is like now."""
        if event.connects_held is not self._connects_held:
            self._connects_held = event.connects_held
            whom = "nobody connect" if self._connects_held else "callers connect again"
            # It did so before the callers acted: bursts begin with it.
            self._rows.insert(self._rows_at_quiescence, _Row(f"the server lets {whom}"))
        passed_s = 0.0 if self._quiescent_s is None else event.at_s - self._quiescent_s
        self._quiescent_s = event.at_s
        if self._rows_at_quiescence < len(self._rows):
            self._say_how_long_the_server_is_back(event)
            self._rows[-1].pool = pool
        elif passed_s >= NOTABLE_S:
            self._rows.append(_Row(f"{duration(passed_s)} pass", pool=pool))
        elif is_last or (self._rows and self._rows[-1].pool != pool):
            self._rows.append(_Row(pool=pool))
        self._rows_at_quiescence = len(self._rows)
        self._unfinished = None

    def _say_how_long_the_server_is_back(self, event: Quiescent) -> None:
        row, back_s = self._back or (None, event.at_s)
        if row is self._rows[-1] and event.at_s - back_s >= NOTABLE_S:
            row.text += f"; {duration(event.at_s - back_s)} pass"

    def _happen(self, event: Event) -> None:
        text = event.text(self._names)
        match event:
            case CallBegins(call=call):
                self._add(self._caller(call), event.text_begun(text))
                self._unfinished = _Unfinished(call, text, begins=True)
            case CallEnds(call=call):
                begun = self._unfinished
                if not text and not (begun and begun.call == call and begun.begins):
                    text = event.text_later(self._names)
                self._go_on(call, text, leaver=_leaver(event))
                self._unfinished = None
            case CallEvent(call=call):
                self._go_on(call, text)
            case HolderEvent(acquire=acquire):
                self._add(self._caller(acquire), text, leaver=_leaver(event))
            case _:
                self._add("", text)
        if isinstance(event, OutageOver):
            self._back = self._rows[-1], event.at_s

    def _go_on(self, call: int, text: str, *, leaver: int | None = None) -> None:
        """Something happened to a call; in the same row if nothing came in between."""
        unfinished = self._unfinished
        if unfinished is None or unfinished.call != call:
            self._add(self._caller(call), text)
            self._unfinished = _Unfinished(call, text)
        else:
            mark = ":" if unfinished.begins else ","
            self._rows[-1].text = f"{unfinished.whole}{mark} {text}" if text else unfinished.whole
            self._unfinished = _Unfinished(call, self._rows[-1].text)
        self._rows[-1].leaver = self._caller(leaver)

    def _add(self, caller: str, text: str, *, leaver: int | None = None) -> None:
        self._rows.append(_Row(text, caller, leaver=self._caller(leaver)))
        self._unfinished = None

    def _caller(self, call: int | None) -> str:
        return "" if call is None else self._names.callers.get(call, "")


def _leaver(event: CallEnds | HolderEvent) -> int | None:
    """The acquire or other call whose caller has neither a connection nor a call any more."""
    match event:
        case ReleaseReturned() | ReleaseCancelled() | BlockLeft() | Forgotten():
            return event.acquire
        case Acquired() | Overdue() | HolderEvent():
            return None
        case _:
            return event.call


def _lanes(rows: Sequence[_Row]) -> tuple[tuple[str, ...], ...]:
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    left: set[str] = set()
    for number, row in enumerate(rows):
        if row.caller:
            first.setdefault(row.caller, number)
        for caller in {row.caller, row.leaver} - {""}:
            last[caller] = number
        left.add(row.leaver)
    lanes: list[list[str]] = []
    for caller, begins in first.items():
        vacant = (lane for lane in lanes if lane[-1] in left and last[lane[-1]] < begins)
        lane = next(vacant, None) if len(first) > LANES else None
        if lane is None:
            lanes.append([caller])
        else:
            lane.append(caller)
    return tuple(map(tuple, lanes)) if len(lanes) <= LANES else ()
