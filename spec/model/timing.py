"""Waits in vain: acquires that found all connections in use and got none, and how long they took.

That a wait ended early is exact: the pool's wait and our clock are monotonic. That it ended late is
relative: beside every wait runs a plain wait of the standard library for the same time, and only a
pool that is far later than that, several times in a row, is late. A busy machine delays both. On a
virtual clock nothing does, and once is enough.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .conditions import Condition
from .duration import duration
from .events import AcquireFailed, Error, Overdue
from .history import History
from .state import Moment

CLOCK_SLEW = 0.001
"""The share by which the system may slow or speed a clock that is being set right (NTP: 0.0005)."""

LATE_IN_A_ROW = 5
"""How many waits in a row must be late: once is the machine, always is the pool."""

LATE_AT_LEAST_S = 0.015
"""What a pool may take in any case for its own work after a wait."""

LATE_CONTROLS = 3
"""How many times as late as the plain wait a pool may be."""


@dataclass(frozen=True, slots=True)
class VainWait:
    """One acquire that had to wait, and failed."""

    index: int
    timeout_s: float | None
    socket_timeout_s: float | None
    took_s: float
    late: bool
    """Whether it ended far later than the plain wait beside it."""
    late_in_a_row: int
    """How many waits of this pool were late up to and including this one, without a break."""
    error: Error | None
    """What the acquire raised; None if it never returned."""
    exact: bool = False
    """Whether the clock is one by which no wait ends late because the machine is busy."""

    @property
    def early(self) -> bool:
        """Whether it ended before `timeout` was over."""
        return self.timeout_s is not None and self.took_s < self.timeout_s * (1 - CLOCK_SLEW)

    def too_early(self) -> str | None:
        """How it ended early, if it did."""
        if not self.early:
            return None
        return (
            f"an acquire failed with {self.error} after {duration(self.took_s)}, before its timeout "
            f"of {duration(self.timeout_s or 0)} was over"
        )

    def too_late(self) -> str | None:
        """How it ended late, if it did so often enough in a row."""
        if self.error is None:
            return (
                f"an acquire with a timeout of {duration(self.timeout_s or 0)} had not returned after "
                f"{duration(self.took_s)}"
            )
        if self.late and self.exact:
            return (
                f"an acquire failed with {self.error} after {duration(self.took_s)}, long after its "
                f"timeout of {duration(self.timeout_s or 0)} was over"
            )
        if self.late_in_a_row < LATE_IN_A_ROW:
            return None
        return (
            f"{self.late_in_a_row} acquires in a row failed far later than their timeout of "
            f"{duration(self.timeout_s or 0)}, the last one after {duration(self.took_s)}, while plain "
            f"waits of that length beside them ended in time"
        )


def waits_in_vain(history: History) -> Iterator[VainWait]:
    """The judged acquires that found all connections in use, none of which was released meanwhile, of
    pools that take a `timeout`.
    """
    for moments in history.judged_pools:
        in_a_row = 0
        for moment in moments:
            vain = _wait_in_vain(moment, in_a_row)
            if vain is not None:
                in_a_row = vain.late_in_a_row
                yield vain


def waits_with_releases(history: History) -> Iterator[VainWait]:
    """The waits that failed although something was released meanwhile: others were served.

    Only on a clock that no busy machine delays, and of acquires that had been seen to wait: when one
    of these fails, its time must be over, and only just.
    """
    for moment in history.judged_moments:
        state, event = moment.before, moment.event
        if not isinstance(event, AcquireFailed) or not event.exact:
            continue
        if Condition.DROPPED in state.conditions or not state.config.takes_timeout:
            continue
        request = state.requests[event.call]
        if request.blocked_since is None or request.excused:
            continue
        if not request.found_full or request.released:
            yield _wait(moment, event.at_s - request.called_s, event.error, exact=True)


def _wait_in_vain(moment: Moment, late_before: int) -> VainWait | None:
    state, event = moment.before, moment.event
    if not isinstance(event, AcquireFailed | Overdue) or not state.config.takes_timeout:
        return None
    request = state.requests.get(event.call)
    if request is None or not request.found_full or request.released:
        return None
    if isinstance(event, Overdue):
        return _wait(moment, event.waited_s, None, late_before=late_before)
    return _wait(
        moment,
        event.at_s - request.called_s,
        event.error,
        late_before=late_before,
        control_s=event.control_s,
        exact=event.exact,
    )


def _wait(
    moment: Moment,
    took_s: float,
    error: Error | None,
    *,
    late_before: int = 0,
    control_s: float = 0.0,
    exact: bool = False,
) -> VainWait:
    config = moment.before.config
    late = config.timeout_s is not None and is_late(config.timeout_s, took_s, control_s)
    return VainWait(
        index=moment.index,
        timeout_s=config.timeout_s,
        socket_timeout_s=config.socket_timeout_s,
        took_s=took_s,
        late=late,
        late_in_a_row=late_before + 1 if late else 0,
        error=error,
        exact=exact,
    )


def is_late(timeout_s: float, took_s: float, control_s: float) -> bool:
    """Whether a wait that took `took_s` ended far later than the plain one that took `control_s`."""
    control_late_s = max(0.0, control_s - timeout_s)
    allowed_s = LATE_AT_LEAST_S + LATE_CONTROLS * control_late_s
    return took_s - timeout_s > allowed_s
