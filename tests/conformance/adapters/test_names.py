"""The pools that can be named are there, and are told if they are not installed."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

from poolproof.conformance.adapters.adapter import uses_asyncio
from poolproof.conformance.adapters.load import load_target
from poolproof.conformance.adapters.names import POOLS, SHORT_NAMES, NamedPool
from poolproof.conformance.cli import main
from poolproof.conformance.server import Server

POOLPROOF = Path(sys.executable).with_name("poolproof")


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool.name)
def test_a_pool_that_is_listed_can_be_named(pool: NamedPool) -> None:
    assert uses_asyncio(load_target(pool.name)) == (pool.callers == "asyncio")
    assert pool.installed_version() == metadata.version(pool.distribution)


def test_a_short_name_cannot_be_taken_for_another() -> None:
    assert not [name for name in SHORT_NAMES if ":" in name]
    assert len({pool.name for pool in POOLS}) == len(POOLS)


def test_pools_lists_every_pool_with_what_is_installed_of_it() -> None:
    listed = CliRunner().invoke(main, ["pools"])

    assert listed.exit_code == 0
    assert [line.split() for line in listed.output.splitlines()] == [
        [pool.name, pool.callers, pool.distribution, metadata.version(pool.distribution)]
        for pool in POOLS
    ]


def test_pools_says_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(distribution: str) -> str:
        raise metadata.PackageNotFoundError(distribution)

    monkeypatch.setattr(metadata, "version", version)
    listed = CliRunner().invoke(main, ["pools"])

    assert listed.exit_code == 0
    assert [line.endswith("  not installed") for line in listed.output.splitlines()] == (
        [True] * len(POOLS)
    )


def test_pools_imports_none_of_the_libraries() -> None:
    code = (
        "import sys; from click.testing import CliRunner; "
        "from poolproof.conformance.cli import main; "
        "assert CliRunner().invoke(main, ['pools']).exit_code == 0; "
        "print({'coredis', 'sqlalchemy', 'dbutils', 'valkey'} & set(sys.modules))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert ran.stdout.strip() == "set()"


@pytest.mark.parametrize("name", SHORT_NAMES)
def test_a_pool_that_is_not_installed_is_bad_input(
    name: str, server: Server, tmp_path: Path
) -> None:
    hidden = SHORT_NAMES[name]
    (tmp_path / "sitecustomize.py").write_text(f"import sys; sys.modules[{name!r}] = None")

    ran = subprocess.run(
        [POOLPROOF, "check", name, "--redis-url", server.address()],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"},
    )

    assert ran.returncode == 2
    assert ran.stderr.splitlines()[-1] == (
        f"Error: there is no module {name!r}, to which the pool {name} belongs; install "
        f"{hidden.distribution}"
    )
