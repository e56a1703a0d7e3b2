"""Process groups: a program is ended together with whatever it has started."""

import os
import signal
import subprocess
from contextlib import suppress

GONE_S = 5.0
"""How many seconds a process that was killed may take to be gone."""


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that was started in a session of its own, and all processes of its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(GONE_S)
