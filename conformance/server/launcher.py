"""A launcher: becomes another program, one that is killed when its parent dies.

Run as a script: ``python launcher.py PARENT_PID PROGRAM ARGUMENT...``. It is a process of its own
because the system must be told between fork and exec, and running Python there, in a copy of a process
with threads, can deadlock.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(parent: int, command: list[str]) -> None:
    """Replace this process by the command, tied to the life of the parent."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # A parent that died before this call takes nobody along.
    if os.getppid() != parent:
        sys.exit("the parent is gone")
    try:
        os.execv(command[0], command)  # noqa: S606  the command is the one our parent chose
    except OSError as failure:
        sys.exit(f"{command[0]} cannot be run: {failure.strerror}")


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
