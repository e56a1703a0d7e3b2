"""The modes in which a pool may behave differently: the protocol, the parser, the Python.

A fault may hide in one of them. Each mode is a check like any other.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..worker.pythons import Python

PROTOCOLS = (None, "2", "3")
"""What is passed as `protocol`; None leaves it to the client."""

HIREDIS = "hiredis"


class ModesError(Exception):
    """What was asked for is a part of the modes already; the message says what to leave out."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One mode: what is named on the command line of a check in this mode alone."""

    protocol: str | None
    hiredis: bool
    python: Python
    requirements: tuple[str, ...] | None
    """What is installed in an environment of its own; None if the mode needs none."""

    def in_words(self) -> dict[str, str]:
        """The mode for a table and for JSON."""
        return {
            "python": self.python.version,
            "hiredis": "with" if self.hiredis else "without",
            "protocol": self.protocol or "default",
        }


def modes_of(
    here: Python,
    others: Sequence[Python],
    *,
    given: Sequence[str],
    as_here: Sequence[str],
    has_hiredis: bool,
) -> list[Mode]:
    """All protocols, with and without hiredis, in this Python; and each other Python.

    `given` is what was asked to be installed; otherwise the pool's requirements are those that it has
    here, `as_here`, and the first modes need no environment of their own.
    """
    modes = []
    bare = tuple(given or as_here)
    first = has_hiredis and not given
    for hiredis in (first, not first):
        requirements = (*bare, HIREDIS) if hiredis else bare
        is_as_here = not given and hiredis is has_hiredis
        installed = None if is_as_here else requirements
        modes += [Mode(protocol, hiredis, here, installed) for protocol in PROTOCOLS]
    modes += [Mode(None, False, other, bare) for other in others]
    return modes


def expect_free(extra: Sequence[str], requirements: Sequence[str]) -> None:
    """See that nothing is chosen that the modes vary. Raises ModesError."""
    if "protocol" in extra:
        raise ModesError(
            "--modes varies the protocol itself; leave out --set protocol, or leave out --modes"
        )
    for requirement in requirements:
        if re.search(r"\bhiredis\b", requirement, re.IGNORECASE):
            raise ModesError(
                f"--modes is with and without hiredis itself; leave out --with {requirement}, or "
                f"leave out --modes"
            )
