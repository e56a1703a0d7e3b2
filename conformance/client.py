"""The client library that a pool's connections come from, found from a connection.

The kit must know which exceptions a caller of this pool handles, and which client to try on it. It
asks the connection's own class rather than a list of known libraries.
"""

import sys
from dataclasses import dataclass
from textwrap import shorten
from typing import TypeGuard

from poolproof.spec.events import Error


@dataclass(frozen=True, slots=True)
class ClientLibrary:
    """The names that the callers of a pool import from its client library."""

    connection_errors: tuple[type[BaseException], ...]
    timeout_errors: tuple[type[BaseException], ...]
    client: type | None
    """The client class that takes `connection_pool`; None if the library has none."""

    def error(self, raised: BaseException) -> Error:
        """Describe an exception as its handlers see it."""
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


def library_of(connection: object) -> ClientLibrary:
    """The library of this connection's class or a base of it, or of something that it wraps."""
    wrapped = getattr(connection, "__dict__", {}).values()
    for base in (base for part in (connection, *wrapped) for base in type(part).__mro__):
        if base.__module__ == "builtins":
            continue
        module = sys.modules.get(base.__module__.partition(".")[0])
        connection_error: object = getattr(module, "ConnectionError", None)
        timeout_error: object = getattr(module, "TimeoutError", None)
        if _is_exception(connection_error) and _is_exception(timeout_error):
            clients = [getattr(module, name, None) for name in ("Redis", "Valkey")]
            return ClientLibrary(
                (connection_error,),
                (timeout_error, TimeoutError),
                next((client for client in clients if isinstance(client, type)), None),
            )
    return UNKNOWN


def _message(raised: BaseException) -> str:
    try:
        return str(raised)
    except Exception:  # noqa: BLE001 - an exception of somebody else's may fail at this, too
        return "an exception whose message cannot be read"


def _is_exception(thing: object) -> TypeGuard[type[Exception]]:
    return isinstance(thing, type) and issubclass(thing, Exception)
