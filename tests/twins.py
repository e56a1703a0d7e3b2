"""Writes tests for threads from those for asyncio: `make twins`.

What both reference pools promise is written down once, as coroutines. Their twins are the same text
without `async` and `await`, and with the helpers for threads, which have the same names. Tests of what
only one of the pools promises are in files without a twin.
"""

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "reference_pool"
TWINS = {
    FOLDER / f"test_asyncio_{subject}.py": FOLDER / f"test_{subject}.py"
    for subject in ("client", "closing", "pool", "release")
}
"""What is written by hand, and what is made from it."""

RUFF = Path(sys.executable).with_name("ruff")

FOR_THREADS = {
    r"\b(async|await) ": "",
    r"Async(Iterator|ContextManager)": r"\1",
    r"AbstractAsync": "Abstract",
    r"asynccontextmanager": "contextmanager",
    r"\.asyncio\b": "",
    r"asyncio(_|-)": "",
    r"aclose": "close",
}
"""What stands for what; all else is the same."""


def twin_of(source: Path) -> str:
    """The text of the twin, as ruff would have it."""
    text = source.read_text("utf-8")
    for pattern, instead in FOR_THREADS.items():
        text = re.sub(pattern, instead, text)
    # Imports have another order, and `with` can be joined where it is not `async with`.
    mend = ("check", "--select=I,SIM117", "--fix", "--unsafe-fixes", "--quiet")
    for command in (mend, ("format", "--quiet")):
        run = [str(RUFF), *command, "--stdin-filename", str(TWINS[source]), "-"]
        text = subprocess.run(run, input=text, capture_output=True, text=True, check=True).stdout
    return f"# Made by `make twins` from {source.name}: change that instead.\n{text}"


if __name__ == "__main__":
    for source, twin in TWINS.items():
        twin.write_text(twin_of(source), "utf-8")
