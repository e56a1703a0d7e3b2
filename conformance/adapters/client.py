"""The client library that a pool's connections come from, found from a connection.

The kit must know which exceptions a caller of this pool handles, and which client to try on it. It
asks the connection's own class rather than a list of known libraries.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import iscoroutinefunction
from textwrap import shorten
from typing import TypeGuard

from poolproof.spec.model.events import Error

from .adapter import AdapterError

CLIENTS = ("Redis", "Valkey")
"""What libraries call the class of their client."""


@dataclass(frozen=True, slots=True)
class ClientLibrary:
    """The names that the callers of a pool import from its client library."""

    connection_errors: tuple[type[BaseException], ...]
    timeout_errors: tuple[type[BaseException], ...]
    client: type | None
    """The client class that takes `connection_pool`; None if the library has none."""

    def error(self, raised: BaseException) -> Error:
        """Describe an exception as its handlers see it.

        Raises an AdapterError again: that is an adapter's mistake, and never what came of a call.
        """
        if isinstance(raised, AdapterError):
            raise raised
        kind = type(raised)
        bases = (*self.connection_errors, *self.timeout_errors)
        generic = {parent for base in bases for parent in base.__mro__}
        return Error(
            type_name=f"{kind.__module__}.{kind.__qualname__}",
            # Shortened between words, so that what must not be shown stays whole to be found.
            message=shorten(_message(raised), 300, placeholder=" …"),
            is_connection_error=isinstance(raised, self.connection_errors),
            is_timeout_error=isinstance(raised, self.timeout_errors),
            is_generic=kind in generic or kind.__module__ == "builtins",
            is_bad_argument=isinstance(raised, ValueError | TypeError),
        )


UNKNOWN = ClientLibrary((Exception,), (TimeoutError,), None)
"""What is assumed of a library that cannot be found: that its callers handle what the pool raises."""


def library_of(connection: object, *, for_asyncio: bool = False) -> ClientLibrary:
    """The library of this connection's class or a base of it, or of something that it wraps.

    A library may have a client for threads and one for asyncio; only the one in question counts.
    """
    places = list(_places(connection))
    errors = _both_errors(places) or _connection_error(places)
    if errors is None:
        return UNKNOWN
    return ClientLibrary((errors[0],), (*errors[1:], TimeoutError), _client(places, for_asyncio))


def library_within(connection: object) -> ClientLibrary:
    """The library of what is wrapped in what this wraps, which is good for its name only.

    A caller that handles the errors of a proxy need not know the library of what is in it.
    """
    within = (inner for part in _attributes(connection) for inner in _attributes(part))
    return next((each for each in map(library_of, within) if each != UNKNOWN), UNKNOWN)


def _places(connection: object) -> Iterator[object]:
    """Where callers may import from: the modules of the classes, each with the packages around it."""
    for part in (connection, *_attributes(connection)):
        for base in type(part).__mro__:
            name = base.__module__
            while name and base.__module__ != "builtins":
                yield sys.modules.get(name)
                name = name.rpartition(".")[0]


def _attributes(thing: object) -> Iterator[object]:
    """What it holds, in a dictionary or in slots."""
    yield from getattr(thing, "__dict__", {}).values()
    for base in type(thing).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            yield getattr(thing, slot, None)


def _both_errors(places: list[object]) -> tuple[type[Exception], type[Exception]] | None:
    for place in places:
        connection_error: object = getattr(place, "ConnectionError", None)
        timeout_error: object = getattr(place, "TimeoutError", None)
        if _is_exception(connection_error) and _is_exception(timeout_error):
            return connection_error, timeout_error
    return None


def _connection_error(places: list[object]) -> tuple[type[Exception]] | None:
    """That of a library which keeps its errors in a module and has Python's own for timeouts."""
    for place in places:
        error: object = getattr(getattr(place, "exceptions", None), "ConnectionError", None)
        if _is_exception(error):
            return (error,)
    return None


def _client(places: list[object], for_asyncio: bool) -> type | None:
    for place in places:
        for name in CLIENTS:
            client: object = getattr(place, name, None)
            execute = getattr(client, "execute_command", None)
            if isinstance(client, type) and iscoroutinefunction(execute) == for_asyncio:
                return client
    return None


def _message(raised: BaseException) -> str:
    try:
        return str(raised)
    except Exception:  # noqa: BLE001 - an exception of somebody else's may fail at this, too
        return "an exception whose message cannot be read"


def _is_exception(thing: object) -> TypeGuard[type[Exception]]:
    return isinstance(thing, type) and issubclass(thing, Exception)
