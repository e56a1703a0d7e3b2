"""The Pythons that are installed beside the one that the kit runs in."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

OLDEST = (3, 11)
"""The oldest that the kit runs in."""

NEWEST_SOUGHT = 30
"""The highest minor version whose name is sought on the PATH."""

ANSWER_S = 20.0
"""How many seconds a Python may take to say which it is."""

ANSWER_LENGTH = 200
"""How many characters of what it says instead are shown."""

_ASK = "import platform; print(platform.python_implementation(), platform.python_version())"


class NoSuchPython(Exception):
    """What was named is no Python that can be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Python:
    """A Python that answered."""

    name: str
    """As it was named, and can be named again."""
    program: str
    version: str

    @property
    def has_version_of_kit(self) -> bool:
        """Whether its version differs from that of the kit's own in the last number at most."""
        return _pair(self.version) == sys.version_info[:2]


def python_named(name: str) -> Python:
    """The Python of this name or path. Raises NoSuchPython."""
    program = shutil.which(name)
    if program is None:
        raise NoSuchPython(f"there is no {name}; name a Python on the PATH, or its whole path")
    implementation, _, version = _answer(name, program).partition(" ")
    if implementation != "CPython" or _pair(version) < OLDEST:
        raise NoSuchPython(
            f"{name} is {implementation} {version}, and poolproof needs CPython "
            f"{'.'.join(map(str, OLDEST))} or newer; name another"
        )
    return Python(name, program, version)


def _answer(name: str, program: str) -> str:
    """What the program says of itself, such as `CPython 3.12.1`. Raises NoSuchPython."""
    try:
        asked = subprocess.run(
            [program, "-I", "-S", "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWER_S,
            check=False,
        )
    except OSError as error:
        why = error.strerror
    except subprocess.TimeoutExpired:
        why = f"it said nothing for {ANSWER_S:.0f} s"
    else:
        if re.match(r"\S* \d+\.\d+", asked.stdout.strip()):
            return asked.stdout.strip()
        said = asked.stderr.strip() or asked.stdout.strip() or "it said nothing"
        why = said.splitlines()[-1].strip().rstrip(".")[:ANSWER_LENGTH]
    raise NoSuchPython(f"{name} does not run as a Python: {why}; name another")


def other_pythons() -> list[Python]:
    """One of each other version that the PATH has, by names such as ``python3.12``."""
    found = []
    for minor in range(OLDEST[1], NEWEST_SOUGHT + 1):
        try:
            python = python_named(f"python3.{minor}")
        except NoSuchPython:
            continue
        if not python.has_version_of_kit:
            found.append(python)
    return found


def _pair(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))
