"""Calls into other people's code that may not only never return, but eat up the process.

Such a call is made in a forked child, which is killed when its time is over. A thread could not be:
it would go on taking memory and the interpreter from everybody else.
"""

import json
import os
import selectors
import signal
import warnings
from collections.abc import Callable
from typing import NoReturn, TypeAlias

from ..adapters.adapter import AdapterError
from .call_with_timeout import OVERDUE_S, NeverReturned

ADAPTER_FAILED = "the adapter failed"
"""What an answer says instead, if it is the adapter that failed in the child."""

Answer: TypeAlias = Callable[[dict[str, object]], NoReturn]
"""What gives the answer, as JSON carries it, and ends the child."""


def apart(work: Callable[[], dict[str, object]], bound_s: float = OVERDUE_S) -> dict[str, object]:
    """What `work` returns, made in a child of this process.

    Raises NeverReturned if there is no answer after `bound_s` seconds, or the child ended without, and
    AdapterError as `work` does.
    """
    return answered_apart(lambda answer: answer(work()), bound_s)


def answered_apart(work: Callable[[Answer], object], bound_s: float) -> dict[str, object]:
    """The same for work that may have to answer from the midst of a call that does not return."""
    receive, send = os.pipe()
    with warnings.catch_warnings():
        # The child runs nothing but `work`, which needs no lock that a thread left behind may hold; or
        # if it is a pool's lock, that is what is to be found out.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:

        def answer(result: dict[str, object]) -> NoReturn:
            os.write(send, json.dumps(result).encode())
            os._exit(0)

        try:
            work(answer)
        except AdapterError as error:
            answer({ADAPTER_FAILED: str(error)})
        finally:
            os._exit(0)
    os.close(send)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(receive, selectors.EVENT_READ)
            told = os.read(receive, 65536) if selector.select(bound_s) else b""
    finally:
        os.close(receive)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not told:
        raise NeverReturned(f"there was no answer after {bound_s:.0f} s")
    result: dict[str, object] = json.loads(told)
    if ADAPTER_FAILED in result:
        raise AdapterError(str(result[ADAPTER_FAILED]))
    return result
