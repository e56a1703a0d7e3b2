"""Arguments that make no sense: what a pool does that is built with one."""

from collections.abc import Iterator

from .events import ArgumentTried
from .history import History
from .judgement import Judgement


def refused(history: History, argument: str) -> Iterator[Judgement]:
    """Judge every senseless value of this argument that was tried."""
    for index, event in enumerate(history.events):
        if not isinstance(event, ArgumentTried) or event.argument != argument:
            continue
        if not event.returned:
            yield Judgement(index, f"{argument}={event.value} was not refused: the pool hung")
        elif event.refused is None:
            yield Judgement(index, f"{argument}={event.value} was accepted")
        elif not event.refused.is_bad_argument:
            yield Judgement(
                index,
                f"{argument}={event.value} raised {event.refused}, neither a ValueError nor a "
                f"TypeError",
            )
        else:
            yield Judgement(index)
