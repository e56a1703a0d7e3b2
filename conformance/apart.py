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

from .bounded import OVERDUE_S, NeverReturned


def apart(work: Callable[[], dict[str, object]], bound_s: float = OVERDUE_S) -> dict[str, object]:
    """What `work` returns, as JSON carries it, made in a child of this process.

    Raises NeverReturned if there is no answer after `bound_s` seconds, or the child ended without.
    """
    receive, send = os.pipe()
    with warnings.catch_warnings():
        # The child runs nothing but `work` and shares no lock with the threads that stay behind.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os.write(send, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(send)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(receive, selectors.EVENT_READ)
            answer = os.read(receive, 65536) if selector.select(bound_s) else b""
    finally:
        os.close(receive)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not answer:
        raise NeverReturned(f"there was no answer after {bound_s:.0f} s")
    result: dict[str, object] = json.loads(answer)
    return result
