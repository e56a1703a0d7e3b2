"""Calls into other people's code that may never return."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

_Result = TypeVar("_Result")

OVERDUE_S = 3.0
"""How much longer than it should a call may take before it is given up."""


class NeverReturned(Exception):
    """A call had not returned when it was given up."""


def bounded(work: Callable[[], _Result], bound_s: float = OVERDUE_S) -> _Result:
    """What `work` returns or raises. Raises NeverReturned when `bound_s` seconds have passed."""
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001 - it is raised again where it was asked for
            future.set_exception(raised)
        else:
            future.set_result(result)

    Thread(target=run, daemon=True).start()
    wait([future], timeout=bound_s)
    if not future.done():
        raise NeverReturned(f"it had not returned after {bound_s:.0f} s")
    return future.result()
