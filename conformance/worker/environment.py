"""Environments: the Python that a pool is judged in, and the packages that are installed there.

Usually that is the environment the kit runs in. Where another is asked for, a virtual environment is
made in a temporary directory and removed at the end. It holds what is asked for and what the worker
imports, and nothing of the kit's environment but the kit's own package, just as it is, by a link. Only
the worker runs there; the server, the supervisor and the report stay where they are.

uv (tried: `uv venv`, `uv pip install`) will not do, because it reads neither pip.conf nor PIP_INDEX_URL
and its kin: whoever has pip use a mirror, or an index of their own, would install something else, or
nothing. It would also download a Python that it cannot find.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import poolproof

from .process_group import end_group

MAKE_S = 120.0
"""How many seconds the making of an empty environment may take."""

INSTALL_S = 600.0
"""How many seconds an installation may take."""

COMPLAINT_LENGTH = 300
"""How many characters of a complaint of pip's are shown."""


class EnvironmentFailed(Exception):
    """There is no such environment; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python, and what must be changed in the environment variables to run the worker with it."""

    python: str = sys.executable
    changes: Mapping[str, str] = field(default_factory=dict)


OWN = Environment()
"""The environment that the kit runs in."""


@contextmanager
def throw_away(requirements: Sequence[str], python: str | None = None) -> Iterator[Environment]:
    """An environment that has these requirements, as long as the block lasts.

    `python` is the path of another Python. Raises EnvironmentFailed.
    """
    for requirement in requirements:
        if not re.match(r"[\w./~]", requirement):
            raise EnvironmentFailed(
                f"--with {requirement} is no requirement; write it as --with 'redis==4.5.1'"
            )
    with TemporaryDirectory(prefix="poolproof-") as scratch:
        folder = Path(scratch)
        made = folder / "environment"
        _make(made, python or sys.executable, folder)
        installed = str(made / "bin" / "python")
        _install(requirements, installed, folder)
        kit = folder / "kit"
        kit.mkdir()
        # A link, and beside the packages instead of among them: whatever is installed neither hides
        # the kit nor is written into it.
        (kit / "poolproof").symlink_to(Path(poolproof.__file__).parent, target_is_directory=True)
        yield Environment(
            installed,
            {
                "PYTHONHOME": "",
                # What the user has here could hide what was installed.
                "PYTHONPATH": str(kit),
                # What another Python compiles must not stay beside the sources of the kit.
                "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
            },
        )


def _needs_of_worker(requirements: Sequence[str]) -> list[str]:
    """What is needed besides the requirements.

    With the same Hypothesis as here, the same programs are drawn there. Any client will do for the
    monitor; if the one that is asked for did not exist, pip would speak of a conflict with ours.
    """
    asks_for_client = any(
        re.match(r"redis(?![\w.-])", each, re.IGNORECASE) for each in requirements
    )
    client = [] if asks_for_client else ["redis>=4.2"]
    return [f"hypothesis=={metadata.version('hypothesis')}", *client]


def _make(made: Path, python: str, folder: Path) -> None:
    # A pip that is here can install there, and a Debian without python3-venv has no other.
    without_pip = ["--without-pip"] if _has_pip() else []
    status, said = _run([python, "-I", "-m", "venv", *without_pip, str(made)], MAKE_S, folder)
    if status != 0:
        raise EnvironmentFailed(
            f"{python} cannot make a virtual environment: {_last_line(said)}; install its module "
            f"venv, and pip in the environment of poolproof"
        )


def _install(requirements: Sequence[str], python: str, folder: Path) -> None:
    # With -P no module of the user's, where we run, is taken for one of pip's.
    pip = [sys.executable, "-P", "-m", "pip", "--python", python]
    if not _has_pip():
        pip = [python, "-P", "-m", "pip"]
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    wanted = [*_needs_of_worker(requirements), *requirements]
    status, said = _run([*pip, "install", *options, *wanted], INSTALL_S, folder)
    if status != 0:
        raise EnvironmentFailed(
            f"{' '.join(requirements) or 'what poolproof needs'} could not be installed: "
            f"{_complaint(said)}; name what pip can install, as in --with 'redis==4.5.1'"
        )


def _has_pip() -> bool:
    """Whether the kit's own environment has pip; one that uv made has none."""
    return find_spec("pip") is not None


def _run(command: Sequence[str], limit_s: float, folder: Path) -> tuple[int, str]:
    """Run a program. Returns its exit status and what it printed.

    The program and all its children are ended, however this is left. Their temporary files are made in
    the folder, since they may not come to removing them.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONHOME": "", "PYTHONPATH": "", "TMPDIR": str(folder)},
            start_new_session=True,  # so that Ctrl-C reaches us alone, and we end it in order
        )
    except OSError as error:
        raise EnvironmentFailed(f"{command[0]} cannot be run: {error.strerror}") from error
    try:
        said, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise EnvironmentFailed(
            f"an environment was not ready within {limit_s:g} s; see that pip reaches its index"
        ) from None
    finally:
        end_group(process)
        if process.stdout is not None:
            process.stdout.close()
    return process.returncode, said.decode(errors="replace")


def _complaint(said: str) -> str:
    """What pip says of its failure in the end, in one line."""
    errors = re.findall(r"^ERROR: (.+)$", said, re.MULTILINE)
    # Some of them end with a hint to a page.
    telling = [error for error in errors if "for help visit" not in error]
    return _last_line(telling[-1] if telling else said)


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].rstrip(".:")[:COMPLAINT_LENGTH] if lines else "it said nothing"
