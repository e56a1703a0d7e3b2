"""The server's own timeout: a program in which it closes connections because they are idle."""

from collections.abc import Sequence

from poolproof.conformance.court import Court
from poolproof.conformance.programs.program import Operation, TimeOutIdle
from poolproof.conformance.programs.themes import CROWD_S, Theme

from .written import ASK, GIVE_BOTH, play, terms_for

IDLE_FOR_LONG: Sequence[Operation] = (*(ASK, ASK, *GIVE_BOTH), *(TimeOutIdle(), ASK, ASK))


def show_out_the_idle(court: Court) -> None:
    """Run it, and let the court judge.

    Raises what kept it from being run, such as CannotHost.
    """
    if not court.is_after("BRK-1") or not court.has_time():
        return
    court.take_a_step()
    driver = court.new_driver(Theme.CROWD)
    play(driver, terms_for(court, CROWD_S), IDLE_FOR_LONG)
    court.judge(driver.events)
