"""The command, run as its users run it, and what it left."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jsonschema
from report_schema import ReportJson, schema

from poolproof.conformance.server import Server

TARGETS = Path(__file__).parents[1] / "targets"
POOLPROOF = Path(sys.executable).with_name("poolproof")

PATIENCE_S = 120.0
"""Longer than any run may take, so that a run that hangs is told from a slow machine."""

Completed = subprocess.CompletedProcess[str]


def poolproof(
    *arguments: str, cwd: Path = TARGETS, environment: Mapping[str, str] | None = None
) -> Completed:
    return subprocess.run(
        [str(POOLPROOF), *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        check=False,
    )


def check(server: Server, target: str, *arguments: str, cwd: Path = TARGETS) -> Completed:
    url = ["--redis-url", server.address()]
    return poolproof("check", target, "--budget", "quick", *url, *arguments, cwd=cwd)


def verdicts(output: str) -> dict[str, str]:
    """What the tables of a report say about each clause."""
    rows = [line.split() for line in output.splitlines() if re.match(r"[A-Z]+-\d+ +\w+ +\d", line)]
    return {row[0]: row[1] for row in rows}


def complaint(errors: str) -> str:
    """The one sentence in which the command says what is wrong."""
    assert "Traceback" not in errors
    assert "Warning" not in errors
    assert "never awaited" not in errors
    _, found, told = errors.partition("Error: ")
    assert found
    return told.strip()


USER, PASSWORD = "al%ice", "pa@ss 'wörd'"
IN_URL = "al%25ice:pa%40ss%20'w%C3%B6rd'"
SECRETS = [USER, PASSWORD, *IN_URL.split(":"), "pa%40ss+", r"pa@ss \'", r"pa@ss 'w\u00f6rd"]


@dataclass(frozen=True)
class Judged:
    """A check that came to its end."""

    status: int
    output: str
    errors: str
    written: str

    @property
    def json(self) -> ReportJson:
        content: ReportJson = json.loads(self.written)
        jsonschema.validate(content, schema())
        return content

    @property
    def reproduce(self) -> str:
        """The command that shows the first clause broken again."""
        told = self.json["clauses"][0]["counterexample"]
        assert told is not None
        return told["reproduce"]


REDIS, REFERENCE = "redis:BlockingConnectionPool", "poolproof.reference_pool:ConnectionPool"
