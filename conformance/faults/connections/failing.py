"""Connections that fail when told to: in this process, whatever the server does.

A pool makes its connections, opens them, looks whether they still work, and closes them. Each of these
runs code of others, which may raise anything: a provider of passwords, a hook for new connections, a
system that is out of memory. Where a pool takes a `connection_class`, it is given a subclass of its own
one, which differs from it by nothing else.

To a pool that is an outage of another kind: it owes nobody a connection meanwhile, and all of them
afterwards. A pool that does not let others say what its connections are has none of these.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import iscoroutinefunction, isfunction
from typing import ClassVar, Final

from ...adapters.client import ClientLibrary
from ...programs.account import Account
from ...programs.fault_kinds import Absence, Failure
from ...programs.log import Log
from ..outage import OutageFault

TEXTS: Final[Mapping[Absence | Failure, str]] = {
    "making": "whoever makes one gets a MemoryError",
    "opening": "whoever opens one gets a ValueError",
    "looking": "whoever looks whether there is anything to read on one gets a timeout",
    "closing": "whoever looks whether there is anything to read on one gets a connection error, and "
    "whoever closes one an OSError",
}

LOOKS = ("can_read", "can_read_destructive")
"""What pools ask of a connection before they hand it out."""


class FailureSwitch:
    """Says how the connections of one program fail at this moment, if they do."""

    def __init__(self, library: ClientLibrary) -> None:
        self._how: Absence | Failure | None = None
        self._library = library

    def turn(self, how: Absence | Failure | None) -> None:
        """Have them fail in this way from now on; not at all, if it is None."""
        self._how = how

    def at_making(self) -> None:
        """Raise if no connection can be made."""
        if self._how == "making":
            raise MemoryError("no memory for another connection")

    def at_opening(self, connection: object) -> None:
        """Raise if this one cannot be opened. One that is open has nothing to do."""
        if self._how == "opening" and not _is_open(connection):
            raise ValueError("there are no credentials at the moment")

    def at_looking(self, _connection: object) -> None:
        """Raise if nobody can tell what is to be read."""
        if self._how == "looking":
            raise self._library.timeout_errors[0]("looking at the connection took too long")
        if self._how == "closing":
            raise self._library.connection_errors[0]("the connection has broken")

    def at_closing(self, _connection: object) -> None:
        """Raise if closing fails. The connection has been closed all the same."""
        if self._how == "closing":
            raise OSError("the connection was closed, but not in order")


def failing_class(connection_class: type, switch: FailureSwitch) -> type:
    """A class of connections that differ from `connection_class` in that they fail when told to."""

    class Made:
        """Fails before anything else is done."""

        __slots__: ClassVar = ()

        def __init__(self, *arguments: object, **options: object) -> None:
            switch.at_making()
            super().__init__(*arguments, **options)

    methods: dict[str, object] = {}
    for name in ("connect", *LOOKS, "disconnect"):
        method: object = getattr(connection_class, name, None)
        if isfunction(method):
            methods[name] = _failing_method(name, method, switch)
    return type(f"Failing{connection_class.__name__}", (Made, connection_class), methods)


def _failing_method(name: str, method: Callable[..., object], switch: FailureSwitch) -> object:
    """The method, with a failure before what it does; or after it, if it closes."""
    before = {"connect": switch.at_opening, "disconnect": _is_open}.get(name, switch.at_looking)
    after = switch.at_closing if name == "disconnect" else _is_open
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


class FailingConnections(OutageFault):
    """Has the pools' own connections raise for a while."""

    here = True

    def __init__(self, account: Account, log: Log, switch: FailureSwitch | None) -> None:
        super().__init__(account, log)
        self._switch = switch

    def _causes(self, how: Absence | Failure) -> bool:
        return how in TEXTS

    def _begin(self, how: Absence | Failure) -> None:
        if self._switch is not None:
            self._switch.turn(how)
            self._note_begun(TEXTS[how])

    def _end(self) -> None:
        if self._switch is not None:
            self._switch.turn(None)
        self._note_over()
