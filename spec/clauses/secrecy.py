"""Secrecy: what a pool must keep to itself."""

from collections.abc import Iterator

from ..clause import MUST, OBSERVABLE, clause
from ..model.events import Shown
from ..model.history import History
from ..model.judgement import Judgement


@clause("SEC-1", MUST, OBSERVABLE, speaks_of={Shown})
def credentials_are_never_shown(history: History) -> Iterator[Judgement]:
    """
    A pool MUST NOT show a password or a user name that it was given, neither in its ``repr`` nor in
    an error that it raises.

    Pools are printed into logs, and errors into bug reports and monitoring services. Many more
    people read these than may log in to the server.
    """
    for index, event in enumerate(history.events):
        if isinstance(event, Shown):
            shown = any(secret in event.printed for secret in event.secrets)
            broken = f"{event.what} contains credentials that the pool was built with"
            yield Judgement(index, broken if shown else None)
