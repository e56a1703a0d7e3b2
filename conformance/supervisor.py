"""The supervisor: has a check done in a process of its own and outlives whatever happens there.

The target may hang, leave the process, exhaust it or print without end. What the worker had proven by
then counts; the rest is said to be unknown, and why.
"""

import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from time import monotonic
from typing import IO

from .campaign import BUDGETS
from .messages import Failed, Finished, Job, Proven, Working, decode, encode

SILENCE_S = 30.0
"""How long a worker may say nothing before it is taken to hang."""

END_S = 5.0
"""How long a worker that has been told to end may take."""

OUTPUT_KEPT = 2000
"""How many characters of what the target printed last are kept to explain a failure."""


@dataclass(slots=True)
class Outcome:
    """What is known when the worker has ended."""

    proven: dict[str, Proven] = field(default_factory=dict)
    finished: Finished | None = None
    failed: Failed | None = None
    last: Working = field(default_factory=lambda: Working("starting", 0))
    died: str = ""
    """How the worker ended, if it did so before the check was over."""
    output: str = ""
    """What the target printed last."""


def supervise(job: Job, on_progress: Callable[[Working], None]) -> Outcome:
    """Have the job done. Ends the worker and all its children, however this is left."""
    receive, send = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "poolproof.conformance.worker", str(send)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[send],
        start_new_session=True,  # so that Ctrl-C reaches us alone, and we end the worker in order
    )
    os.close(send)
    assert process.stdin is not None
    assert process.stdout is not None
    output: deque[bytes] = deque(maxlen=4)
    drain = Thread(target=_drain, args=(process.stdout, output), daemon=True)
    drain.start()
    outcome = Outcome()
    try:
        with suppress(BrokenPipeError):
            process.stdin.write(encode(job).encode() + b"\n")
            process.stdin.flush()
        outcome.died = _listen(receive, outcome, BUDGETS[job.budget].limit_s, on_progress)
        if not outcome.died and outcome.finished is None and outcome.failed is None:
            outcome.died = _how_it_ended(process)
    finally:
        _end(process)
        os.close(receive)
    drain.join(END_S)
    outcome.output = b"".join(output).decode(errors="replace")[-OUTPUT_KEPT:]
    return outcome


def _listen(
    receive: int, outcome: Outcome, limit_s: float, on_progress: Callable[[Working], None]
) -> str:
    """Take in messages until the worker has no more. Returns how it hung, if it did."""
    end_s = monotonic() + limit_s + 2 * SILENCE_S
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(receive, selectors.EVENT_READ)
        while True:
            bound_s = min(SILENCE_S, end_s - monotonic())
            if bound_s <= 0 or not selector.select(bound_s):
                return f"stopped responding while it was {outcome.last.doing}"
            chunk = os.read(receive, 65536)
            if not chunk:
                return ""
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                _take_in(line.decode(), outcome, on_progress)


def _take_in(line: str, outcome: Outcome, on_progress: Callable[[Working], None]) -> None:
    match decode(line):
        case Working() as working:
            outcome.last = working
            on_progress(working)
        case Proven() as proven:
            outcome.proven[proven.clause] = proven
        case Finished() as finished:
            outcome.finished = finished
        case Failed() as failed:
            outcome.failed = failed


def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    try:
        status = process.wait(END_S)
    except subprocess.TimeoutExpired:
        return "closed its connection to the kit"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"left the process with status {status}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the worker and whatever it has started, which all belong to its process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(END_S)
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()


def _drain(stream: IO[bytes], kept: deque[bytes]) -> None:
    """Read what the target prints, so that it never blocks, and keep the end of it."""
    while chunk := stream.read1(65536):  # type: ignore[attr-defined]  # IO[bytes] is a BufferedReader
        kept.append(chunk[-OUTPUT_KEPT:])
