"""The server's own timeout: a program in which it closes connections because they are idle."""

from collections.abc import Sequence

from ...programs.operations import Operation, TimeOutIdle
from ..context import CheckContext
from ..durations import CROWD_S
from .two_slots import ASK, GIVE_BOTH, built, play

IDLE_FOR_LONG: Sequence[Operation] = (*(ASK, ASK, *GIVE_BOTH), *(TimeOutIdle(), ASK, ASK))


def show_out_the_idle(context: CheckContext) -> None:
    """Run it, and let the checker judge.

    Raises what kept it from being run, such as CannotHost.
    """
    if not context.checker.is_open("BRK-1") or not context.time.allows_another():
        return
    context.on_step()
    driver = context.new_driver()
    play(driver, built(context, CROWD_S), IDLE_FOR_LONG)
    context.checker.judge(driver.events)
