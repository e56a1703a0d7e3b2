"""Where every task stands, for a reader."""

import asyncio
from collections.abc import Iterable
from types import FrameType

_MOST_FRAMES = 50


def stacks_of(tasks: Iterable[asyncio.Task[object]]) -> str:
    """One paragraph for each task that has not ended, the outermost call first."""
    paragraphs = [
        "\n".join([f"{task.get_name()}:", *(f"  {line}" for line in _lines(task.get_coro()))])
        for task in tasks
        if not task.done()
    ]
    return "\n".join(paragraphs) or "(no task)"


def _lines(awaited: object) -> list[str]:
    lines: list[str] = []
    while awaited is not None and len(lines) < _MOST_FRAMES:
        # Coroutines, generators and asynchronous generators name the same two things differently.
        frame = _first(awaited, "cr_frame", "gi_frame", "ag_frame")
        if isinstance(frame, FrameType):
            code = frame.f_code
            lines.append(f"{code.co_filename}:{frame.f_lineno} in {code.co_name}")
        awaited = _first(awaited, "cr_await", "gi_yieldfrom", "ag_await")
    return lines


def _first(of: object, *names: str) -> object:
    for name in names:
        found: object = getattr(of, name, None)
        if found is not None:
            return found
    return None
