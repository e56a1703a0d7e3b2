"""A child of this process, and what it has to say."""

import os
import select
import signal
import traceback
from collections.abc import Callable

import pytest

from . import PATIENCE_S

FORKS = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    # Other tests may have left threads; these children need none of them.
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]


def in_child(work: Callable[[], str]) -> str:
    """What `work` returns in a child of this process, which ends with it."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writable, work().encode())
        except BaseException:  # noqa: BLE001  # whatever it is, the parent is to see it
            os.write(writable, traceback.format_exc().encode())
        finally:
            os._exit(0)
    os.close(writable)
    try:
        if not select.select([readable], [], [], PATIENCE_S)[0]:
            os.kill(child, signal.SIGKILL)
        return os.read(readable, 65536).decode()
    finally:
        os.close(readable)
        os.waitpid(child, 0)
