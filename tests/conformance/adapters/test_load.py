"""A target is found by its name, and what cannot be found is told with what to do."""

import sys
from pathlib import Path
from queue import Queue
from textwrap import indent

import pytest
import redis

from poolproof.conformance.adapters.adapter import uses_asyncio, uses_threads
from poolproof.conformance.adapters.load import (
    CHOSEN_BY_KIT,
    TargetError,
    load_name,
    load_target,
    read_extra,
    split_extra,
)
from poolproof.conformance.adapters.names import SHORT_NAMES
from poolproof.conformance.adapters.redis_interface import AsyncRedisInterface, RedisInterface

pytestmark = pytest.mark.usefixtures("importable")


def refused(name: str) -> str:
    with pytest.raises(TargetError) as refusal:
        load_target(name)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_a_pool_class_is_found() -> None:
    assert load_name("redis:BlockingConnectionPool") is redis.BlockingConnectionPool
    assert isinstance(load_target("redis:BlockingConnectionPool"), RedisInterface)


def test_an_asyncio_pool_class_is_known_without_being_built() -> None:
    adapter = load_target("redis.asyncio:BlockingConnectionPool")

    assert isinstance(adapter, AsyncRedisInterface)
    assert uses_asyncio(adapter)
    assert not uses_threads(adapter)


def test_an_async_function_builds_an_asyncio_pool(importable: Path) -> None:
    (importable / "factory.py").write_text("async def make_pool(**arguments): ...")

    assert isinstance(load_target("factory:make_pool"), AsyncRedisInterface)


def test_what_a_function_builds_is_taken_for_a_pool_for_threads_until_it_is_seen(
    importable: Path,
) -> None:
    (importable / "plain.py").write_text("def make_pool(**arguments): raise SystemExit")

    adapter = load_target("plain:make_pool")

    assert isinstance(adapter, RedisInterface)
    assert uses_threads(adapter)


def test_a_name_may_lead_through_several_others() -> None:
    assert load_name("redis.connection:Connection.connect") is redis.Connection.connect


def test_an_adapter_class_is_made_and_not_wrapped() -> None:
    adapter = load_target("adapters:OwnAdapter")

    assert type(adapter).__name__ == "OwnAdapter"
    assert uses_threads(adapter)


@pytest.mark.parametrize("name", [":", "redis:", ":Pool"])
def test_a_name_needs_a_colon_between_two_names(name: str) -> None:
    assert refused(name) == (
        f"{name!r} is not the name of a target; write it as module:Name, for example "
        f"redis:BlockingConnectionPool"
    )


@pytest.mark.parametrize("name", ["", "redis", "Sqlalchemy", "redis.BlockingConnectionPool"])
def test_a_name_without_a_colon_is_one_that_the_kit_knows(name: str) -> None:
    assert refused(name) == (
        f"{name!r} is not the name of a target; write it as module:Name, for example "
        f"redis:BlockingConnectionPool, or name one of coredis, sqlalchemy, dbutils"
    )


@pytest.mark.parametrize("name", SHORT_NAMES)
def test_a_short_name_leads_to_the_adapter_that_comes_with_the_kit(name: str) -> None:
    assert type(load_target(name)).__module__ == f"poolproof.conformance.adapters.{name}"


@pytest.mark.parametrize(
    ("name", "module", "distribution"),
    [
        ("coredis", "coredis", "coredis"),
        ("sqlalchemy", "sqlalchemy", "SQLAlchemy"),
        ("dbutils", "dbutils", "DBUtils"),
    ],
)
def test_a_short_name_whose_library_is_not_installed_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, name: str, module: str, distribution: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    assert refused(name) == (
        f"there is no module {module!r}, to which the pool {name} belongs; install {distribution}"
    )


@pytest.mark.parametrize(
    ("name", "missing"),
    [("no_such_module:Pool", "no_such_module"), ("redis.no_such:Pool", "redis.no_such")],
)
def test_a_module_that_is_not_there_is_told(name: str, missing: str) -> None:
    assert refused(name) == (
        f"there is no module {missing!r}; install it, or run from the directory that holds it"
    )


def test_a_module_that_a_module_lacks_is_told_as_its_lack(importable: Path) -> None:
    (importable / "lacking.py").write_text("import no_such_module")

    assert refused("lacking:Pool") == (
        "the module 'lacking' could not be imported: No module named 'no_such_module'; install what "
        "it needs"
    )


@pytest.mark.parametrize(
    ("name", "content", "raised"),
    [
        ("raising", "raise RuntimeError('the moon is full')", "RuntimeError: the moon is full"),
        ("leaving", "import sys; sys.exit('the moon is full')", "SystemExit: the moon is full"),
        ("interrupting", "raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("misspelt", "def pool(:", "SyntaxError: invalid syntax (misspelt.py, line 1)"),
        ("importing", "from redis import Nothing", "ImportError: cannot import name 'Nothing'"),
        ("asking", "input()", "OSError: "),
    ],
)
def test_a_module_that_cannot_be_imported_is_told_with_the_reason(
    importable: Path, name: str, content: str, raised: str
) -> None:
    (importable / f"{name}.py").write_text(content)

    told = refused(f"{name}:Pool")

    assert told.startswith(f"the module {name!r} could not be imported: {raised}")
    assert told.endswith("; import it by hand to see why")


@pytest.mark.parametrize("path", ["Nothing", "ConnectionPool.nothing", "ConnectionPool."])
def test_a_name_that_is_not_in_the_module_is_told(path: str) -> None:
    assert refused(f"redis:{path}") == f"there is no {path!r} in 'redis'; check the spelling"


def test_a_module_that_raises_when_it_is_asked_for_a_name_is_told(importable: Path) -> None:
    (importable / "lazy.py").write_text("def __getattr__(name): raise SystemExit(name)")

    assert refused("lazy:Pool") == "'Pool' cannot be had of 'lazy': SystemExit: Pool"


@pytest.mark.parametrize(("name", "kind"), [("redis:client", "module"), ("os:sep", "str")])
def test_what_cannot_be_called_is_no_target(name: str, kind: str) -> None:
    assert refused(name) == (
        f"{name} is a {kind}; name a pool class, a function that builds a pool, or an adapter class"
    )


def test_an_adapter_that_cannot_be_made_is_told() -> None:
    assert refused("awkward:AdapterThatNeedsArguments").endswith(
        "missing 1 required positional argument: 'region'; an adapter class must take no arguments"
    )


def test_an_adapter_that_lacks_a_method_is_told() -> None:
    assert refused("awkward:IncompleteAdapter") == (
        "the adapter awkward:IncompleteAdapter lacks a method; add disconnect and close and offers "
        "and block, so that it has all of poolproof.conformance.Adapter"
    )


CALLED = ("open", "acquire", "release", "send", "receive", "disconnect", "close")
HEADS = {
    "Adapter": {**dict.fromkeys(CALLED, "def"), "offers": "def"},
    "AsyncAdapter": {**dict.fromkeys(CALLED, "async def"), "offers": "def"},
}


def write_adapter(folder: Path, interface: str, **heads: str) -> str:
    """Write an adapter class, with other words before the names of some methods, and name it."""
    methods = "".join(
        f"{head} {method}(self, *arguments): ...\n"
        for method, head in {**HEADS[interface], **heads}.items()
        if head
    )
    (folder / "written.py").write_text(
        f"from poolproof.conformance import {interface}\n"
        f"class Written({interface}):\n{indent(methods, '    ')}"
    )
    sys.modules.pop("written", None)
    return "written:Written"


@pytest.mark.parametrize("interface", HEADS)
def test_an_adapter_that_leaves_out_the_block_is_complete(importable: Path, interface: str) -> None:
    adapter = load_target(write_adapter(importable, interface))

    assert uses_asyncio(adapter) == (interface == "AsyncAdapter")


@pytest.mark.parametrize("interface", HEADS)
def test_an_adapter_that_inherits_an_empty_method_lacks_it(
    importable: Path, interface: str
) -> None:
    assert refused(write_adapter(importable, interface, release="", offers="")) == (
        f"the adapter written:Written lacks a method; add release and offers, so that it has all of "
        f"poolproof.conformance.{interface}"
    )


@pytest.mark.parametrize(
    ("interface", "method", "head"),
    [
        *(("AsyncAdapter", method, "def") for method in CALLED if method != "acquire"),
        *(("Adapter", method, "async def") for method in CALLED if method != "acquire"),
        # What is offered is said without waiting.
        *((interface, "offers", "async def") for interface in HEADS),
    ],
)
def test_an_adapter_with_a_coroutine_too_many_or_too_few_is_told(
    importable: Path, interface: str, method: str, head: str
) -> None:
    kind = "a plain" if head == "def" else "an async"

    assert refused(write_adapter(importable, interface, **{method: head})) == (
        f"the adapter written:Written has {kind} method {method}; write all methods as in "
        f"poolproof.conformance.{interface}"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        ("None", None),
        ("'2'", "2"),
        ("[1, 2]", [1, 2]),
        ("queue:Queue", Queue),
        ("a word", "a word"),
        ("", ""),
        ("redis://host:1/0", "redis://host:1/0"),
        ("{[]: 1}", "{[]: 1}"),
        ("(" * 1000, "(" * 1000),
        ("a=b", "a=b"),
    ],
)
def test_a_constructor_argument_is_a_literal_a_name_or_a_string(text: str, value: object) -> None:
    assert read_extra([f"argument={text}"]) == {"argument": value}


def test_a_constructor_argument_that_names_nothing_is_told() -> None:
    with pytest.raises(TargetError, match="there is no 'Nothing' in 'queue'"):
        read_extra(["queue_class=queue:Nothing"])


@pytest.mark.parametrize("pair", ["protocol", "", "=2", "two words=2", "2=2", "--=2"])
def test_what_is_no_pair_is_told(pair: str) -> None:
    with pytest.raises(TargetError, match="is not a pair; write it as --set name=value"):
        split_extra([pair])


@pytest.mark.parametrize("name", sorted(CHOSEN_BY_KIT))
def test_what_the_kit_chooses_cannot_be_set(name: str) -> None:
    with pytest.raises(TargetError, match=f"--set {name} is not possible, because poolproof"):
        split_extra([f"{name}=1"])
