"""The target: the pool to be judged, as it is named on the command line."""

import importlib
from ast import literal_eval
from collections.abc import Mapping, Sequence

from .adapter import Adapter, AnyAdapter, RedisInterface

CHOSEN_BY_KIT = frozenset(
    {"host", "port", "db", "username", "password", "client_name"}
    | {"max_connections", "timeout", "socket_timeout"}
)
"""Constructor arguments that the programs vary or that the server's address decides."""

OWN_METHODS = ("open", "acquire", "release", "send", "receive")
"""Methods that together only an adapter has: by them a class is known to be one."""


class TargetError(Exception):
    """The target cannot be loaded; the message says what to do instead."""


def load_target(name: str) -> AnyAdapter:
    """The adapter for a target such as ``redis:BlockingConnectionPool``.

    The name leads to a pool class, a function that builds a pool, or an adapter class.
    Raises TargetError if there is no such thing.
    """
    found = load_name(name)
    if not callable(found):
        raise TargetError(
            f"{name} is a {type(found).__name__}; name a pool class, a function that builds a pool, "
            f"or an adapter class"
        )
    if isinstance(found, type) and all(hasattr(found, method) for method in OWN_METHODS):
        try:
            adapter = found()
        except BaseException as error:
            raise TargetError(
                f"the adapter {name} could not be made: {type(error).__name__}: {error}; an adapter "
                f"class must take no arguments"
            ) from error
        if not isinstance(adapter, Adapter):
            raise TargetError(
                f"the adapter {name} lacks a method; it needs all of poolproof.conformance.Adapter"
            )
        return adapter
    return RedisInterface(found)


def load_name(name: str) -> object:
    """What ``module:attribute`` names. Raises TargetError if it names nothing."""
    module_name, colon, path = name.partition(":")
    if not colon or not module_name or not path:
        raise TargetError(
            f"{name!r} is not the name of a target; write it as module:Name, for example "
            f"redis:BlockingConnectionPool"
        )
    try:
        found: object = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and module_name.split(".")[0] == error.name.split(".")[0]:
            raise TargetError(
                f"there is no module {error.name!r}; install it, or run from the directory that "
                f"holds it"
            ) from error
        raise TargetError(
            f"the module {module_name!r} could not be imported: {error}; install what it needs"
        ) from error
    except BaseException as error:
        raise TargetError(
            f"the module {module_name!r} could not be imported: {type(error).__name__}: {error}; "
            f"import it by hand to see why"
        ) from error
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


def split_extra(pairs: Sequence[str]) -> Mapping[str, str]:
    """The names and the texts of ``--set name=value``.

    Raises TargetError for what is not a pair, or is chosen by the kit.
    """
    extra: dict[str, str] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.isidentifier():
            raise TargetError(f"--set {name} is not a pair; write it as --set name=value")
        if name in CHOSEN_BY_KIT:
            raise TargetError(
                f"--set {name} is not possible, because the kit varies {name} itself or takes it "
                f"from the server's address; leave it out, or use --redis-url"
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
