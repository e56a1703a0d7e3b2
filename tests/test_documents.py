"""What the documents say is so: their code runs, their commands exist, their links lead somewhere."""

import asyncio
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from documents import README, ROOT, blocks
from sybil import Document
from sybil.parsers.markdown import PythonCodeBlockParser

import poolproof
from poolproof.conformance import Adapter, AsyncAdapter, PoolSettings
from poolproof.conformance.adapters.adapter import uses_asyncio
from poolproof.conformance.adapters.load import load_target
from poolproof.conformance.adapters.names import SHORT_NAMES
from poolproof.conformance.adapters.redis_interface import RedisInterface
from poolproof.conformance.cli import main
from poolproof.conformance.cli.deviations import read_deviations
from poolproof.conformance.report.results import Status
from poolproof.conformance.report.verdict import Verdict
from poolproof.conformance.search.budget import BUDGETS
from poolproof.conformance.server import Server
from poolproof.spec import CLAUSES, Clause, Level
from poolproof.spec.capabilities import table_for_adapters
from poolproof.spec.document import document

SPECIFICATION = ROOT / "spec" / "README.md"
CHANGELOG = ROOT / "CHANGELOG.md"
FAULTS = ROOT / "conformance" / "README.md"
DOCUMENTS = (README, ROOT / "CONTRIBUTING.md", CHANGELOG, SPECIFICATION, FAULTS)

each_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
each_clause = pytest.mark.parametrize("clause", CLAUSES.values(), ids=CLAUSES)


# The specification


def test_the_specification_is_current() -> None:
    current = SPECIFICATION.read_text(encoding="utf-8") == document()

    assert current, "spec/README.md is not what the clauses say: run `make spec`"


@each_clause
def test_every_clause_has_an_anchor_a_sentence_and_an_intent(clause: Clause) -> None:
    row, intent = re.findall(
        rf'^\| <a id="{clause.id}"></a>{clause.id} \| {clause.requirement} \| (.+) \|\n'
        r"\| \| \*Intent\* \| \*(.+)\* \|$",
        document(),
        re.MULTILINE,
    )[0]

    assert clause.requirement in row
    assert len(intent) > 40


@each_clause
def test_a_clause_is_one_sentence_that_says_how_binding_it_is(clause: Clause) -> None:
    assert re.findall(r"\b(?:MUST|SHOULD|MAY)\b", clause.sentence)[0] == clause.requirement
    assert clause.sentence.endswith(".")
    assert not re.search(r"\. [A-Z]", clause.sentence)


@pytest.mark.parametrize("level", Level)
def test_levels_are_explained(level: Level) -> None:
    assert re.search(rf"^\| {level} \| .{{40,}} \| \[[A-Z]+-1\]", document(), re.MULTILINE)


def test_a_document_has_the_table_of_capabilities() -> None:
    table = table_for_adapters()
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS]

    assert [table in text for text in texts].count(True) == 1, f"paste this table:\n{table}"


def test_a_word_is_explained_once() -> None:
    words = re.findall(r'^\| <a id="term-[^"]+"></a>(.+?) \|', document(), re.MULTILINE)

    assert words
    assert len(words) == len(set(words))


# Code


@each_document
def test_python_code_runs(path: Path, server: Server) -> None:
    # A reader has a Redis at localhost:6379, this test has one elsewhere. Nothing else is changed.
    text = path.read_text(encoding="utf-8")
    text = text.replace("localhost:6379", f"{server.host}:{server.port}")
    text = text.replace('host="localhost", port=6379', f'host="{server.host}", port={server.port}')
    examples = Document(text, str(path))
    for region in PythonCodeBlockParser()(examples):
        examples.add(region)

    for example in examples.examples():
        example.evaluate()


def test_the_function_of_the_readme_builds_a_pool(server: Server) -> None:
    [source] = [code for code in blocks(README, "python") if "def make_pool" in code]
    namespace: dict[str, object] = {}
    exec(source, namespace)
    make_pool = namespace["make_pool"]

    assert callable(make_pool)
    pool = RedisInterface(make_pool).open(PoolSettings(server.host, server.port, server.db))
    assert type(pool).__name__ == "BlockingConnectionPool"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("interface", "target"),
    [("Adapter", "mypool:MyAdapter"), ("AsyncAdapter", "myasyncpool:MyAsyncAdapter")],
)
def test_the_adapter_of_the_readme_can_be_judged(
    interface: str, target: str, server: Server, tmp_path: Path
) -> None:
    [source] = [code for code in blocks(README, "python") if f"({interface})" in code]
    module, _, _ = target.partition(":")
    (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")

    check = f"check {target} --budget quick --only RET-2 --redis-url {server.address()}"
    checked = subprocess.run(
        [Path(sys.executable).with_name("poolproof"), *check.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == Status.UPHELD, checked.stdout + checked.stderr


def test_the_asyncio_adapter_of_the_readme_speaks_to_its_pool(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [source] = [code for code in blocks(README, "python") if "(AsyncAdapter)" in code]
    (tmp_path / "myasyncpool.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    adapter = load_target("myasyncpool:MyAsyncAdapter")
    assert uses_asyncio(adapter)
    settings = PoolSettings(
        server.host, server.port, server.db, username=server.username, password=server.password
    )

    async def use() -> None:
        pool = await adapter.open(replace(settings, timeout=0.05))
        connection = await adapter.acquire(pool)
        await adapter.send(connection, "CLIENT", "GETNAME")
        assert await adapter.receive(connection) == b"poolproof"
        with pytest.raises(TimeoutError):
            await adapter.acquire(pool)
        await adapter.release(pool, connection)
        assert await adapter.acquire(pool) is connection
        await adapter.disconnect(connection)
        await adapter.release(pool, connection)
        await adapter.close(pool)

    asyncio.run(use())


@pytest.mark.parametrize("interface", [Adapter, AsyncAdapter])
def test_the_readme_names_every_method_of_an_adapter_but_the_optional_one(interface: type) -> None:
    methods = {name for name in vars(interface) if not name.startswith("_")}
    head = f"({interface.__name__})"
    [source] = [code for code in blocks(README, "python") if head in code]

    assert set(re.findall(r"^    (?:async )?def (\w+)", source.split(head)[1], re.MULTILINE)) == (
        methods - {"block"}
    )


def test_the_readme_names_every_pool_that_has_a_short_name() -> None:
    assert [name for name in SHORT_NAMES if f"`{name}`" not in README.read_text("utf-8")] == []


def test_the_known_deviations_of_the_readme_are_accepted(tmp_path: Path) -> None:
    [source] = blocks(README, "toml")
    path = tmp_path / "poolproof.toml"
    path.write_text(source, encoding="utf-8")

    assert read_deviations(path) == tomllib.loads(source)["known"]


# Commands


@each_document
def test_commands_are_such_as_the_command_line_accepts(path: Path) -> None:
    for words in _commands(path, "poolproof"):
        with main.make_context("poolproof", words.copy()) as context:
            name, command, rest = main.resolve_command(context, words)
            assert command is not None, words
            if rest:
                command.make_context(name, rest, parent=context).close()


def test_an_option_that_does_not_exist_would_be_noticed() -> None:
    command = main.commands["check"]

    assert len(list(_commands(README, "poolproof"))) > 8

    with pytest.raises(click.NoSuchOption):
        command.make_context("check", ["redis:ConnectionPool", "--hurry"])


@each_document
def test_what_make_is_told_to_make_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    assert {words[0] for words in _commands(path, "make")} <= targets


def test_every_option_of_check_is_documented() -> None:
    options = {
        option for parameter in main.commands["check"].params for option in parameter.opts
    } - {"target"}

    assert {option for option in options if option not in README.read_text("utf-8")} == set()


def test_the_budgets_of_the_readme_are_those_of_the_tool() -> None:
    rows = re.findall(
        r"^\| `(\w+)`.* \| (\d+) \| (\d+) \| (\d+) s \|$", README.read_text("utf-8"), re.MULTILINE
    )

    assert rows == [
        (name, str(each.programs), str(each.depth.preemptions), f"{each.limit_s:.0f}")
        for name, each in BUDGETS.items()
    ]


def test_make_bench_runs_every_benchmark() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    benchmarks = (ROOT / "tests" / "benchmarks").glob("*.py")

    assert [path.name for path in benchmarks if f"benchmarks/{path.name}" not in makefile] == []


def test_the_wheel_of_the_readme_is_of_this_version() -> None:
    wheels = set(re.findall(r"poolproof-[\w.]+-py3", README.read_text(encoding="utf-8")))

    assert wheels == {f"poolproof-{poolproof.__version__}-py3"}


# Clauses and verdicts


@each_document
def test_clauses_that_are_named_exist(path: Path) -> None:
    assert _clauses_named(path) <= set(CLAUSES)


def test_the_changelog_names_every_clause() -> None:
    assert _clauses_named(CHANGELOG) == set(CLAUSES)


def test_verdicts_and_exit_statuses_are_explained() -> None:
    rows = dict(re.findall(r"^\| `?(\w+)`? \| (.+) \|$", README.read_text("utf-8"), re.MULTILINE))

    assert set(Verdict) | {str(status.value) for status in Status} <= set(rows)


# Links


@each_document
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _without_code(path)):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), target
        assert not anchor or anchor in set(_anchors(found)), target


def _anchors(path: Path) -> Iterator[str]:
    text = _without_code(path)
    yield from re.findall(r'<a id="([^"]+)">', text)
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@each_document
def test_anchors_are_unambiguous(path: Path) -> None:
    anchors = list(_anchors(path))

    assert sorted(anchors) == sorted(set(anchors))


def _without_code(path: Path) -> str:
    return re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def _commands(path: Path, program: str) -> Iterator[list[str]]:
    """The arguments of every command line of this program, in a block, a sentence or a workflow."""
    lines = rf"(?:^\$ |`|run: |again: |alone: |uv run |\. )(?:[A-Z_]+=\w+ )*{program} ([^`\n]+)"
    for line in re.findall(lines, path.read_text(encoding="utf-8"), re.MULTILINE):
        yield shlex.split(line, comments=True)


def _clauses_named(path: Path) -> set[str]:
    return set(re.findall(r"\b[A-Z]{3,4}-\d+\b", path.read_text(encoding="utf-8")))
