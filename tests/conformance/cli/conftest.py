"""A server that wants credentials, and checks that are made side by side."""

import shlex
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import Redis

from poolproof.conformance.server import Server, obtain

from .running import IN_URL, PASSWORD, PATIENCE_S, REDIS, REFERENCE, USER, Judged, poolproof


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares these checks: one worker of pytest makes them, not each."""
    here = Path(__file__).parent
    for item in items:
        shared = {"checks", "guarded"}.intersection(getattr(item, "fixturenames", ()))
        if shared and here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("command line"))


@pytest.fixture(scope="package")
def guarded() -> Iterator[str]:
    """The URL of a server that wants credentials."""
    with obtain(source="embedded") as server:
        admin = Redis(host=server.host, port=server.port)
        admin.acl_setuser(
            USER, enabled=True, passwords=[f"+{PASSWORD}"], categories=["+@all"], keys=["*"]
        )
        admin.config_set("requirepass", "another")
        admin.close()
        yield f"redis://{IN_URL}@{server.host}:{server.port}/0"


@pytest.fixture(scope="package")
def checks(
    server: Server, guarded: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Judged]]]:
    """Checks that are made side by side: they wait most of the time."""
    folder = tmp_path_factory.mktemp("checks")
    (folder / "known.toml").write_text('[known]\nORD-1 = "last in, first out"\nBND-1 = "no"\n')

    def judge(name: str, target: str, *arguments: str, url: str = server.address()) -> Judged:
        path = folder / f"{name}.json"
        path.write_text("of yesterday")
        arguments = ("--budget", "quick", "--json", str(path), "--redis-url", url, *arguments)
        run = poolproof("check", target, *arguments)
        return Judged(run.returncode, run.stdout, run.stderr, path.read_text("utf-8"))

    def judge_again(first: Future[Judged]) -> Judged:
        program, *arguments = shlex.split(first.result(PATIENCE_S).reproduce)
        assert program == "poolproof"
        run = poolproof(*arguments)
        return Judged(run.returncode, run.stdout, run.stderr, "")

    with ThreadPoolExecutor(4) as executor:
        start = executor.submit
        broken = start(judge, "broken", REDIS, "--only", "ord-1")
        yield {
            "broken": broken,
            "upheld": start(
                judge, "upheld", REFERENCE, "--only", "ORD-1, BND-1", "--only", "TMO-2"
            ),
            "known": start(
                judge,
                "known",
                REDIS,
                *("--only", "ORD-1,BND-1,BND-4", "--known", str(folder / "known.toml")),
            ),
            "leaking": start(
                judge, "leaking", "awkward:TellsItsPassword", "--only", "SEC-1,TMO-1", url=guarded
            ),
            "unknown": start(judge, "unknown", "redis:ConnectionPool", "--only", "TMO-2,RET-6"),
            "given a token": start(
                judge,
                "given a token",
                "awkward:TellsItsToken",
                *("--set", "token=s3cr3t", "--only", "TMO-1"),
            ),
            "again": start(judge_again, broken),
        }
