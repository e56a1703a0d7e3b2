"""Calls into other people's code that may not only never return, but eat up the process.

Such a call is made in a forked child, which is killed when its time is over. A thread could not be:
it would go on taking memory and the interpreter from everybody else.

The fork is made by hand. A child of `multiprocessing` closes `sys.stdin` before anything else, and
waits for ever if a thread was reading it when the process forked, as one of the worker's does.
"""

import os
import signal
import warnings
from collections.abc import Callable
from multiprocessing import Pipe
from typing import NoReturn, TypeAlias

from .call_with_timeout import OVERDUE_S, NeverReturned, NotAnOutcome

Result: TypeAlias = dict[str, object]
"""What a child can tell its parent: it is pickled on the way."""

Answer: TypeAlias = Callable[[Result], NoReturn]
"""What gives the answer and ends the child."""


def run_in_fork(work: Callable[[], Result], bound_s: float = OVERDUE_S) -> Result:
    """What `work` returns, made in a child of this process.

    Raises NeverReturned if there is no answer after `bound_s` seconds, or the child ended without, and
    NotAnOutcome as `work` does.
    """
    return answered_in_fork(lambda answer: answer(work()), bound_s)


def answered_in_fork(work: Callable[[Answer], object], bound_s: float) -> Result:
    """The answer of work that may have to give it from the midst of a call that does not return.

    Raises what `run_in_fork` raises.
    """
    receiving, sending = Pipe(duplex=False)
    with warnings.catch_warnings():
        # The child runs nothing but `work`, which needs no lock that a thread left behind may hold; or
        # if it is a pool's lock, that is what is to be found out.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:

        def answer(result: Result) -> NoReturn:
            sending.send(result)
            os._exit(0)

        try:
            work(answer)
        except NotAnOutcome as error:
            sending.send(error)
        finally:
            # Nothing that is registered to be done at the end of the parent is done in the child.
            os._exit(0)
    sending.close()
    received: object = None
    try:
        with receiving:
            received = receiving.recv() if receiving.poll(bound_s) else None
    except EOFError:
        pass  # the child ended without an answer
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if isinstance(received, NotAnOutcome):
        raise received
    if not isinstance(received, dict):
        raise NeverReturned(f"there was no answer after {bound_s:.0f} s")
    return received
