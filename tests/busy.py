"""A machine that has more to do than it can, on which a pool is as sound as on an idle one."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import cpu_count


@contextmanager
def busy_machine() -> Iterator[None]:
    """Keep every core busy, with twice as many processes as there are cores."""
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(2 * (cpu_count() or 2))
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
