"""The target: the pool to be judged, as it is named on the command line."""

import importlib
from ast import literal_eval
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from inspect import iscoroutinefunction
from types import ModuleType
from typing import cast

from .adapter import Adapter, AnyAdapter, AnyAsyncAdapter, AsyncAdapter
from .names import SHORT_NAMES
from .offered import arguments_of, lacks, trouble_with_arguments
from .redis_interface import AsyncRedisInterface, RedisInterface

OF_THE_SERVER = frozenset({"host", "port", "db", "username", "password"})
"""Constructor arguments that the server's address decides."""

CHOSEN_BY_KIT = OF_THE_SERVER | {"client_name", "max_connections", "timeout", "socket_timeout"}
"""Constructor arguments that the programs vary or that the server's address decides."""

TELLING_METHODS = ("open", "acquire", "release", "send", "receive")
"""Methods that tell the class of an adapter from the class of a pool, which has fewer of them."""

ENOUGH = 4
"""How many of them a class must have to be taken for an adapter: one may be missing by mistake."""

METHODS_OF_CALLERS = (*TELLING_METHODS, "disconnect", "close")
"""Methods that are coroutines in an adapter for asyncio, and plain in one for threads."""

PLAIN_METHODS = ("offers", "block")
"""Methods that are never coroutines. An adapter may inherit `block`."""


class TargetError(Exception):
    """The target cannot be loaded; the message says what to do instead."""


def load_target(name: str) -> AnyAdapter | AnyAsyncAdapter:
    """The adapter for a target such as ``redis:BlockingConnectionPool`` or ``sqlalchemy``.

    The name leads to a pool class, a function that builds a pool, or an adapter class. Whether the
    pool is one for asyncio is seen without building it, except if a function builds it: then
    `RedisInterface` says so. Raises TargetError if there is no such thing.
    """
    _expect_no_file(name)
    if ":" not in name:
        return load_target(_of_short_name(name))
    found = load_name(name)
    if not callable(found):
        raise TargetError(
            f"{name} is a {type(found).__name__}; name a pool class, a function that builds a pool, "
            f"or an adapter class"
        )
    if isinstance(found, type) and _is_meant_for_adapter(found):
        return _adapter(name, found)
    if iscoroutinefunction(found) or iscoroutinefunction(getattr(found, "get_connection", None)):
        return AsyncRedisInterface(found)
    return RedisInterface(found)


def _expect_no_file(name: str) -> None:
    """Raises TargetError if a file is named instead of the module in it."""
    file, _, path = name.partition(":")
    if not file.endswith(".py") and "/" not in file:
        return
    folder, _, last = file.rpartition("/")
    named = f"{last.removesuffix('.py')}:{path or 'Name'}"
    where = "" if folder in ("", ".") else f", and run from {folder}"
    raise TargetError(
        f"{file} is a file, and a target is named by its module; write {named}{where}"
    )


def _of_short_name(name: str) -> str:
    """Where the adapter is that comes with the kit."""
    pool = SHORT_NAMES.get(name)
    if pool is None:
        raise _no_name(name, f", or name one of {', '.join(SHORT_NAMES)}")
    if find_spec(name) is None:
        raise TargetError(
            f"there is no module {name!r}, to which the pool {name} belongs; install "
            f"{pool.distribution}"
        )
    return f"{__package__}.{name}:{pool.adapter}"


def _no_name(name: str, or_else: str = "") -> TargetError:
    return TargetError(
        f"{name!r} is not the name of a target; write it as module:Name, for example "
        f"redis:BlockingConnectionPool{or_else}"
    )


def _is_meant_for_adapter(found: type) -> bool:
    """Whether a class has most of what an adapter has, or derives from one."""
    has = [hasattr(found, method) for method in TELLING_METHODS]
    if hasattr(found, "get_connection"):
        return all(has)
    return _has_base(found) or sum(has) >= ENOUGH


def _has_base(found: type) -> bool:
    return any(base in (Adapter, AsyncAdapter) for base in found.__mro__)


def _adapter(name: str, found: type) -> AnyAdapter | AnyAsyncAdapter:
    try:
        adapter: object = found()
    except BaseException as error:
        raise TargetError(
            f"the adapter {name} could not be made: {type(error).__name__}: {error}; an adapter "
            f"class must take no arguments"
        ) from error
    for_asyncio = iscoroutinefunction(getattr(adapter, "acquire", None))
    interface = f"poolproof.conformance.{'AsyncAdapter' if for_asyncio else 'Adapter'}"
    needed = (*METHODS_OF_CALLERS, "offers", *(() if _has_base(found) else ("block",)))
    missing = [method for method in needed if lacks(adapter, method)]
    if missing == ["block"]:
        raise TargetError(f"the adapter {name} has no base class; derive it from {interface}")
    if missing:
        raise TargetError(
            f"the adapter {name} lacks a method; add {' and '.join(missing)}, so that it has all of "
            f"{interface}"
        )
    for method in (*METHODS_OF_CALLERS, *PLAIN_METHODS):
        wanted = for_asyncio and method in METHODS_OF_CALLERS
        if iscoroutinefunction(getattr(adapter, method)) != wanted:
            raise TargetError(
                f"the adapter {name} has {'a plain' if wanted else 'an async'} method {method}; "
                f"write all methods as in {interface}"
            )
        if trouble := trouble_with_arguments(adapter, name, method, arguments_of(method)):
            raise TargetError(trouble)
    # It may lack methods that are called only if they are offered, and are looked for then.
    return cast("AnyAdapter | AnyAsyncAdapter", adapter)


def load_name(name: str) -> object:
    """What ``module:attribute`` names. Raises TargetError if it names nothing."""
    module_name, colon, path = name.partition(":")
    if not colon or not module_name or not path:
        raise _no_name(name)
    found: object = _imported(module_name)
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise TargetError(
                f"there is no {path!r} in {module_name!r}; check the spelling"
            ) from error
        except BaseException as error:
            raise TargetError(
                f"{path!r} cannot be had of {module_name!r}: {type(error).__name__}: {error}"
            ) from error
    return found


def _imported(module: str) -> ModuleType:
    why = f"the module {module!r} could not be imported"
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing and module.split(".")[0] == missing.split(".")[0]:
            raise TargetError(
                f"there is no module {missing!r}; install it, or run from the directory that holds it"
            ) from error
        raise TargetError(f"{why}: {error}; install what it needs") from error
    except BaseException as error:
        raise TargetError(
            f"{why}: {type(error).__name__}: {error}; import it by hand to see why"
        ) from error


def split_extra(pairs: Sequence[str]) -> Mapping[str, str]:
    """The names and the texts of ``--set name=value``.

    Raises TargetError for what is not a pair, or is chosen by the kit.
    """
    extra: dict[str, str] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.isidentifier():
            raise TargetError(f"--set {name} is not a pair; write it as --set name=value")
        if name in OF_THE_SERVER:
            raise TargetError(
                f"--set {name} is not possible, because poolproof takes {name} from the server's "
                f"address; leave it out, or use --redis-url"
            )
        if name in CHOSEN_BY_KIT:
            raise TargetError(
                f"--set {name} is not possible, because poolproof chooses {name} itself; leave it out"
            )
        extra[name] = text
    return extra


def read_extra(pairs: Sequence[str]) -> Mapping[str, object]:
    """The constructor arguments of ``--set name=value``.

    A value is a Python literal, else ``module:attribute``, else a string.
    """
    return {name: _read_value(text) for name, text in split_extra(pairs).items()}


def _read_value(text: str) -> object:
    try:
        value: object = literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        module, colon, attribute = text.partition(":")
        is_name = colon and module.replace(".", "").isidentifier() and attribute.isidentifier()
        return load_name(text) if is_name else text
    return value
