"""The supervisor: runs a check in a process of its own, and outlives whatever happens there.

The target may hang, leave the process, exhaust it or print without end. What the worker had proven by
then counts. The rest is unknown, and the report says why.
"""

import os
import selectors
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic
from typing import IO

from ..report.outcome import Outcome, Working
from ..search.budget import BUDGETS
from ..server.restartable import CONTAINER_NAME, remove_container
from .environment import OWN, Environment
from .messages import Job, decode, encode
from .process_group import end_group

SILENCE_S = 30.0
"""How many seconds a worker may say nothing before it is taken to hang."""

ENDED_S = 5.0
"""How many seconds a worker that has closed its pipe, and what it printed, may take to end."""

LOOK_S = 0.5
"""After how many seconds of silence a worker is looked at, to see whether it is still there."""

LONGEST_MESSAGE = 1 << 24
"""How many bytes a message of the worker can have at most."""

OUTPUT_KEPT = 4000
"""How many bytes of what the target printed last are kept to explain a failure."""


def supervise(
    job: Job,
    on_progress: Callable[[Working], None],
    environment: Environment = OWN,
    *,
    silence_s: float = SILENCE_S,
) -> Outcome:
    """Have the job done in this environment. Returns what the worker said, and how it ended.

    `on_progress` is called for each sign of life. A worker that says nothing for `silence_s` seconds is
    taken to hang. The worker and all its children are ended, however this is left.
    """
    outcome = Outcome()
    output: deque[bytes] = deque([b""], maxlen=1)
    container = f"poolproof-{token_hex(8)}"
    with TemporaryDirectory(prefix="poolproof-") as scratch:
        # Hypothesis would leave a folder of its own where the user works.
        own = {"HYPOTHESIS_STORAGE_DIRECTORY": scratch, CONTAINER_NAME: container}
        receive, process = _start(environment, own)
        assert process.stdin is not None
        assert process.stdout is not None
        drain = Thread(target=_drain, args=(process.stdout, output), daemon=True)
        drain.start()
        try:
            with suppress(BrokenPipeError):
                process.stdin.write(encode(job).encode() + b"\n")
                process.stdin.flush()
            limit_s = BUDGETS[job.budget].limit_s
            ended = _listen(receive, process, outcome, limit_s, silence_s, on_progress)
        finally:
            end_group(process)
            with suppress(BrokenPipeError):
                process.stdin.close()
            os.close(receive)
            if job.server.image is not None:
                remove_container(container)
        drain.join(ENDED_S)
    died, failed = f"the target {ended}" if ended else "", outcome.failed
    if failed is not None and failed.blame not in ("kit", "adapter") and outcome.counterexamples:
        # What was proven counts, although the check cannot go on.
        died, failed = failed.message, None
    said = output[0].decode(errors="replace")
    return replace(outcome, failed=failed, died=died, output=said)


def _start(environment: Environment, own: Mapping[str, str]) -> tuple[int, subprocess.Popen[bytes]]:
    """Start a worker. Returns where its messages are read, and the process."""
    receive, send = os.pipe()
    process = subprocess.Popen(
        [environment.python, "-m", "poolproof.conformance.worker.worker", str(send)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[send],
        env={**os.environ, **environment.changes, **own},
        start_new_session=True,  # so that Ctrl-C reaches us alone, and we end the worker in order
    )
    os.close(send)
    return receive, process


def _listen(
    receive: int,
    process: subprocess.Popen[bytes],
    outcome: Outcome,
    limit_s: float,
    silence_s: float,
    on_progress: Callable[[Working], None],
) -> str:
    """Take in messages until the last one. Returns how the worker ended, if it did so before."""
    heard_s = monotonic()
    end_s = heard_s + limit_s + 2 * silence_s
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(receive, selectors.EVENT_READ)
        while not outcome.is_over:
            if selector.select(min(LOOK_S, silence_s)):
                heard_s = monotonic()
                chunk = os.read(receive, 65536)
                if not chunk:
                    return _how_it_ended(process)
                *lines, pending = (pending + chunk).split(b"\n")
                if len(pending) > LONGEST_MESSAGE or not _take_in(lines, outcome, on_progress):
                    return "wrote into a pipe that is poolproof's"
            elif process.poll() is not None:
                # A child that it left behind may hold the pipe open.
                return _how_it_ended(process)
            if monotonic() > min(heard_s + silence_s, end_s) and not outcome.is_over:
                return f"stopped responding while it was {outcome.last.doing}"
    return ""


def _take_in(
    lines: Sequence[bytes], outcome: Outcome, on_progress: Callable[[Working], None]
) -> bool:
    """Note what the worker says. Returns whether all of it was the worker's."""
    for line in lines:
        message = decode(line)
        if message is None:
            return False
        outcome.note(message)
        if isinstance(message, Working):
            on_progress(message)
    return True


def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    try:
        status = process.wait(ENDED_S)
    except subprocess.TimeoutExpired:
        return "closed its connection to poolproof"
    if status >= 0:
        return f"left the process with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _drain(stream: IO[bytes], kept: deque[bytes]) -> None:
    """Read what the target prints, so that it never blocks, and keep the end of it."""
    with stream:
        while chunk := os.read(stream.fileno(), 65536):
            kept.append((kept[0] + chunk)[-OUTPUT_KEPT:])
