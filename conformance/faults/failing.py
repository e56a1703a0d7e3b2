"""Connections that fail when told to: in this process, whatever the server does.

A pool makes its connections, opens them, looks whether they still work, and closes them. Each of these
runs code of others, which may raise anything: a provider of passwords, a hook for new connections, a
system that is out of memory. Where a pool takes a `connection_class`, it is given a subclass of its own
one, which differs from it by nothing else.
"""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction, isfunction
from typing import ClassVar

from ..adapters.client import ClientLibrary
from ..programs.fault_kinds import Failure

TOLD: dict[Failure, str] = {
    "making": "whoever makes one gets a MemoryError",
    "opening": "whoever opens one gets a ValueError",
    "looking": "whoever looks whether there is anything to read on one gets a timeout",
    "closing": "whoever looks whether there is anything to read on one gets a connection error, and "
    "whoever closes one an OSError",
}

LOOKS = ("can_read", "can_read_destructive")
"""What pools ask of a connection before they hand it out."""


class Failing:
    """Says how the connections of one program fail at this moment, if they do."""

    def __init__(self, library: ClientLibrary) -> None:
        self.how: Failure | None = None
        self._library = library

    def at_making(self) -> None:
        """Raise if no connection can be made."""
        if self.how == "making":
            raise MemoryError("no memory for another connection")

    def at_opening(self, connection: object) -> None:
        """Raise if this one cannot be opened. One that is open has nothing to do."""
        if self.how == "opening" and not _is_open(connection):
            raise ValueError("there are no credentials at the moment")

    def at_looking(self, _connection: object) -> None:
        """Raise if nobody can tell what is to be read."""
        if self.how == "looking":
            raise self._library.timeout_errors[0]("looking at the connection took too long")
        if self.how == "closing":
            raise self._library.connection_errors[0]("the connection has broken")

    def at_closing(self, _connection: object) -> None:
        """Raise if closing fails. The connection has been closed all the same."""
        if self.how == "closing":
            raise OSError("the connection was closed, but not in order")


def failing_class(connection_class: type, failing: Failing) -> type:
    """A class of connections that differ from `connection_class` in that they fail when told to."""

    class Made:
        """Fails before anything else is done."""

        __slots__: ClassVar = ()

        def __init__(self, *arguments: object, **options: object) -> None:
            failing.at_making()
            super().__init__(*arguments, **options)

    methods: dict[str, object] = {}
    for name in ("connect", *LOOKS, "disconnect"):
        method: object = getattr(connection_class, name, None)
        if isfunction(method):
            methods[name] = _failing_method(name, method, failing)
    return type(f"Failing{connection_class.__name__}", (Made, connection_class), methods)


def _failing_method(name: str, method: Callable[..., object], failing: Failing) -> object:
    """The same, with a failure before it; or after it, if it closes."""
    before = {"connect": failing.at_opening, "disconnect": _is_open}.get(name, failing.at_looking)
    after = failing.at_closing if name == "disconnect" else _is_open
    if not iscoroutinefunction(method):

        @wraps(method)
        def fail(self: object, *arguments: object, **options: object) -> object:
            before(self)
            result = method(self, *arguments, **options)
            after(self)
            return result

        return fail

    @wraps(method)
    async def fail_when_awaited(self: object, *arguments: object, **options: object) -> object:
        before(self)
        result: object = await method(self, *arguments, **options)
        after(self)
        return result

    return fail_when_awaited


def _is_open(connection: object) -> bool:
    """Whether a connection has a socket, or a stream."""
    socket: object = getattr(connection, "_sock", None) or getattr(connection, "_reader", None)
    return socket is not None
