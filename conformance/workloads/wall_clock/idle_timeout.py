"""The server's own timeout: a program in which it closes connections because they are idle."""

from collections.abc import Sequence

from ...checker import Checker
from ...programs.operations import Operation, TimeOutIdle
from ..themes import CROWD_S, Theme
from .written import ASK, GIVE_BOTH, play, terms_for

IDLE_FOR_LONG: Sequence[Operation] = (*(ASK, ASK, *GIVE_BOTH), *(TimeOutIdle(), ASK, ASK))


def show_out_the_idle(checker: Checker) -> None:
    """Run it, and let the checker judge.

    Raises what kept it from being run, such as CannotHost.
    """
    if not checker.is_after("BRK-1") or not checker.has_time():
        return
    checker.take_a_step()
    driver = checker.new_driver(Theme.CROWD)
    play(driver, terms_for(checker, CROWD_S), IDLE_FOR_LONG)
    checker.judge(driver.events)
