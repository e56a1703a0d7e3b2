"""The context of a check: what all programs of it share.

That is the checker that judges them, the factory of the drivers that run them, and the time that is
left for them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from time import monotonic

from ..adapters.settings import PoolSettings
from ..callers.driver import Driver
from ..checker import Checker
from ..engines.choice import Drivers
from ..programs.setup import DIRECT, Setup
from ..server.monitor import Monitor


class TimeLimit:
    """How long a check may take, and whether anything was left out for that reason."""

    def __init__(self, limit_s: float) -> None:
        self._end_s = monotonic() + limit_s
        self._was_cut_short = False

    @property
    def left_s(self) -> float:
        """How many seconds are left; 0 when time is up."""
        return max(0.0, self._end_s - monotonic())

    @property
    def is_up(self) -> bool:
        """Whether the check has taken as long as it may."""
        return monotonic() > self._end_s

    @property
    def was_cut_short(self) -> bool:
        """Whether a program was not run for lack of time."""
        return self._was_cut_short

    def cut_short(self) -> None:
        """Note that programs are not run for lack of time."""
        self._was_cut_short = True

    def allows_another(self) -> bool:
        """Whether there is time for another program; if not, the check is cut short."""
        if self.is_up:
            self.cut_short()
        return not self.is_up


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What all programs of a check share."""

    checker: Checker
    drivers: Drivers
    settings: PoolSettings
    monitor: Monitor
    time: TimeLimit
    on_step: Callable[[], None]
    """Called before each operation, to say that the check goes on."""
    _client_numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_driver(self, setup: Setup = DIRECT, *, look_twice: bool | None = None) -> Driver:
        """A driver for one program, whose pools have a client name of their own.

        Unless `look_twice` says it, the driver looks twice as long as that may tell more.
        """
        # A pool may still be opening connections when its program is over.
        client_name = f"{self.settings.client_name}-{next(self._client_numbers)}"
        if look_twice is None:
            look_twice = not self.checker.is_closed("BND-1")
        return self.drivers.new(
            setup,
            replace(self.settings, client_name=client_name),
            self.monitor,
            look_twice=look_twice,
        )


def in_one_line(reason: Exception) -> str:
    """What kept a program from being run, without the stacks that may follow."""
    return str(reason).partition("\n")[0]
