"""How a program begins and ends: two pools are built, rules are drawn, all is given back and judged."""

import random

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from ...programs.fault_kinds import REFUSALS
from ...programs.operations import Build
from ..themes import BREAKING, CANCELLING, CROWDED, OUTAGES, Theme, terms_of
from .option_rules import OptionRules


class PoolMachine(OptionRules):
    """Callers of two pools that do what callers do, rightly and wrongly."""

    @initialize(
        max_connections=st.integers(min_value=1, max_value=4),
        first=st.booleans(),
    )
    def build(self, max_connections: int, first: bool) -> None:
        """Build the two pools on the terms that the program's theme calls for.

        A pool that is to be misused may `first` show that it keeps its bound and uses connections
        again, so that what it does afterwards can be told from what it does anyway.
        """
        self._drawn.begin_program()
        # Hypothesis makes every program see the same numbers; a pool that uses chance shall not.
        random.seed(self._context.checker.programs)
        self._driver = self._context.new_driver(self._theme)
        config = terms_of(
            self._theme, max_connections, takes_timeout="timeout" in self._context.settings.takes
        )
        # A rule may say otherwise; but each way is met, however few programs there are.
        self._refusal = REFUSALS[(max_connections - 1) % len(REFUSALS)]
        for pool in ("A", "B"):
            self._run(Build(pool, config))
        if first and self._theme in (Theme.SECOND_RELEASE, Theme.FOREIGN_RELEASE):
            self.exhaust("A")
            self.acquire("A")
            self.release(0)
            self.acquire("A")
        if self._theme in BREAKING | CANCELLING | OUTAGES | {Theme.INSIDE, Theme.DISCONNECT}:
            self._show_that_waiters_are_served()
        if self._theme is Theme.REFUSED:
            self._show_who_waits_in_vain()
        connects = self._theme is Theme.CANCEL_CONNECTING
        if self._theme is Theme.TURNS or (self._theme in CROWDED and first and not connects):
            self.exhaust("A")
            self._release_all("A")

    def teardown(self) -> None:
        """Give everything back, see that all of it can be used again, and let the checker judge."""
        if self._driver is None:
            return
        if self._broken_off:
            return
        with self._faults_are_remembered():
            self._come_to_the_point()
            self._driver.finish()
        self._drawn.judge(self._driver)
