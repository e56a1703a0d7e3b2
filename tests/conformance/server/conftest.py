"""A machine of which the environment says nothing, or that has nothing."""

import shutil
from pathlib import Path

import pytest

from poolproof.conformance.server import child


@pytest.fixture(autouse=True)
def environment_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POOLPROOF_SERVER", raising=False)


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.delenv("POOLPROOF_REDIS_IMAGE", raising=False)


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(child, "find_spec", lambda _name: None)
