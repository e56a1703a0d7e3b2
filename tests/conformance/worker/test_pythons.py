"""Another Python is known by what it says of itself, and one that cannot be used is refused."""

import os
import re
import sys
from pathlib import Path

import pytest

from poolproof.conformance.worker.pythons import NoSuchPython, other_pythons, python_named

HERE = sys.version_info


def program(folder: Path, name: str, says: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    return str(path)


def test_ours_has_the_version_of_the_kit() -> None:
    ours = python_named(sys.executable)

    assert ours.version == f"{HERE.major}.{HERE.minor}.{HERE.micro}"
    assert ours.has_version_of_kit


@pytest.mark.parametrize(
    ("says", "complaint"),
    [
        (
            "echo PyPy 3.11.1",
            "is PyPy 3.11.1, and poolproof needs CPython 3.11 or newer; name another",
        ),
        ("echo CPython 3.10.2", "is CPython 3.10.2, and poolproof needs CPython 3.11 or newer"),
        ("echo CPython 2.7.18", "is CPython 2.7.18, and poolproof needs CPython 3.11 or newer"),
        (
            "echo a shim; echo no such command >&2; exit 127",
            "does not run as a Python: no such command; name another",
        ),
        ("exit 1", "does not run as a Python: it said nothing; name another"),
        ("echo hello", "does not run as a Python: hello; name another"),
    ],
)
def test_one_that_cannot_be_used_is_told(says: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(NoSuchPython, match=re.escape(complaint)):
        python_named(program(tmp_path, "python", says))


def test_a_name_that_leads_to_nothing_is_told() -> None:
    with pytest.raises(NoSuchPython, match=r"there is no python9\.9; name a Python on the PATH"):
        python_named("python9.9")


def test_those_on_the_path_are_found_one_of_each_version_and_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "python3.29", "echo CPython 3.29.1")
    program(tmp_path, "python3.30", "echo CPython 3.30.0rc1")
    program(tmp_path, "python3.28", "exit 1")
    program(tmp_path, "python3.10", "echo CPython 3.10.2")
    program(tmp_path, f"python3.{HERE.minor}", f"echo CPython 3.{HERE.minor}.0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")

    found = [python for python in other_pythons() if python.program.startswith(str(tmp_path))]

    assert [python.name for python in found] == ["python3.29", "python3.30"]
    assert [python.version for python in found] == ["3.29.1", "3.30.0rc1"]
