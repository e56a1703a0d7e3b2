"""The output of the command: how far a check has come, the report on the terminal, the file in JSON."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from ..report.outcome import Working
from .complaints import BadInput

REPORT_WIDTH = 110
"""How wide a report is that goes to a file or a pipe."""


def prepare_json(path: Path | None) -> None:
    """See that the report can be written before anything is run, and leave no old one there."""
    if path is None:
        return
    with _json_can_be_written(path):
        path.write_text("", encoding="utf-8")
        if path.is_file() and not path.is_symlink():
            path.unlink()


def write_json(content: object, path: Path | None) -> None:
    """Write the report in JSON, if it is asked for."""
    if path is None:
        return
    with _json_can_be_written(path):
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


@contextmanager
def _json_can_be_written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"--json {path} cannot be written: {error.strerror}; name another file"
        ) from error


@contextmanager
def progress() -> Iterator[Callable[[Working], None]]:
    """A function that shows how far a check has come: in one place of a terminal, or in a log."""
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status("starting") as status:
            yield lambda working: status.update(_in_words(working))
    else:
        said: list[str] = []

        def show(working: Working) -> None:
            # One line for every hundred programs, so that a log shows that the work goes on.
            line = f"{working.doing}, {working.programs // 100}"
            if line not in said:
                said.append(line)
                console.print(_in_words(working), highlight=False, soft_wrap=True)

        yield show


def _in_words(working: Working) -> str:
    return f"{working.doing}: {working.programs} so far" if working.programs else working.doing


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Where rich would leave with status 1, which is a verdict here."""
        raise  # noqa: PLE0704 - rich calls this from the handler of a BrokenPipeError


def console_for(is_terminal: bool) -> Console:
    """A console for standard output, as wide as the terminal if it is one."""
    return _Console(width=None if is_terminal else REPORT_WIDTH, soft_wrap=False)


def print_out(print_on: Callable[[Console], None]) -> None:
    """Print a report. The verdict stands also if nobody reads to its end."""
    try:
        console = console_for(sys.stdout.isatty())
        if console.is_terminal:
            print_on(console)
            return
        with console.capture() as captured:
            print_on(console)
        # Without the blanks that fill the lines of a table.
        for line in captured.get().splitlines():
            click.echo(line.rstrip())
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
