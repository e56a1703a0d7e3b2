"""Connections that fail when told to: in this process, whatever the server does.

A pool makes its connections, opens them, looks whether they still work, and closes them. Each of these
runs code of others, which may raise anything: a provider of passwords, a hook for new connections, a
system that is out of memory. Where a pool takes a `connection_class`, it is given a subclass of its own
one, which differs from it by nothing else.

To a pool that is an outage of another kind: it owes nobody a connection meanwhile, and all of them
afterwards. A pool that does not let others say what its connections are has none of these.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from inspect import iscoroutinefunction, isfunction
from typing import ClassVar, Final, Protocol
from weakref import WeakKeyDictionary, WeakSet

from poolproof.spec.model.events import Cut

from ...adapters.client import ClientLibrary
from ...programs.account import Account
from ...programs.fault_kinds import Absence, Failure, Spoiling
from ...programs.log import Log
from ...programs.operations import LetClose, Operation, Spoil
from ..outage import OutageFault
from ..pools_seen import PoolsSeen

TEXTS: Final[Mapping[Absence | Failure, str]] = {
    "making": "whoever makes one gets a MemoryError",
    "opening": "whoever opens one gets a ValueError",
    "looking": "whoever looks whether there is anything to read on one gets a timeout",
    "closing": "whoever looks whether there is anything to read on one gets a connection error, and "
    "whoever closes one an OSError",
}

SPOILT: Final[Mapping[Spoiling, str]] = {
    "look times out": "whoever looks whether there is anything to read on it gets a timeout",
    "look fails": "whoever looks whether there is anything to read on it gets an OSError",
    "due": "its client has marked it as one to be opened again",
    "slow": "its client has marked it as one to be opened again, and it is slow to close",
}

LOOKS = ("can_read", "can_read_destructive")
"""What pools ask of a connection before they hand it out."""

DUE: tuple[Spoiling, ...] = ("due", "slow")
"""What is amiss with those that are to be opened again."""

MARK = "mark_for_reconnect"
"""What clients call that have a connection opened again when it is released."""


class SlowCloses(Protocol):
    """A gate that those pass who close a connection which is slow to close."""

    is_open: bool
    """Whether it holds nobody."""

    def close(self) -> None:
        """Hold who comes from now on."""

    def open(self) -> None:
        """Let everybody pass."""

    def pass_through(self) -> Awaitable[None] | None:
        """Return when the caller may go on, or when it is awaited, where callers are tasks."""


class FailureSwitch:
    """Says how the connections of one program fail at this moment, if they do."""

    def __init__(self, library: ClientLibrary, slow_closes: SlowCloses) -> None:
        self.slow_closes = slow_closes
        self._how: Absence | Failure | None = None
        self._library = library
        self._made: WeakSet[object] = WeakSet()
        self._spoilt: WeakKeyDictionary[object, Spoiling] = WeakKeyDictionary()
        """The connections of which something else than the mark of their client is amiss, and what."""

    def turn(self, how: Absence | Failure | None) -> None:
        """Have them fail in this way from now on; not at all, if it is None."""
        self._how = how

    def spoil(self, how: Spoiling) -> bool:
        """Spoil the connections that are open, until they are closed; whether theirs is a class with
        which that can be done.
        """
        can_be = [each for each in self._made if any(hasattr(each, name) for name in _by(how))]
        for connection in filter(_is_open, can_be):
            if how in DUE:
                getattr(connection, MARK)()
            if how != "due":
                self._spoilt[connection] = how
        if how == "slow" and can_be:
            self.slow_closes.close()
        return bool(can_be)

    def is_slow(self, connection: object) -> bool:
        """Whether it takes long to close it."""
        return self._spoilt.get(connection) == "slow"

    def at_making(self, connection: object) -> None:
        """Raise if no connection can be made."""
        self._made.add(connection)
        if self._how == "making":
            raise MemoryError("no memory for another connection")

    def at_opening(self, connection: object) -> None:
        """Raise if this one cannot be opened. One that is open has nothing to do."""
        if self._how == "opening" and not _is_open(connection):
            raise ValueError("there are no credentials at the moment")

    def at_looking(self, connection: object) -> None:
        """Raise if nobody can tell what is to be read."""
        how = self._spoilt.get(connection)
        if how == "look fails":
            raise OSError("nobody can look at the connection")
        if self._how == "looking" or how == "look times out":
            raise self._library.timeout_errors[0]("looking at the connection took too long")
        if self._how == "closing":
            raise self._library.connection_errors[0]("the connection has broken")

    def at_closing(self, connection: object) -> None:
        """Raise if closing fails. The connection has been closed all the same."""
        self._spoilt.pop(connection, None)
        if self._how == "closing":
            raise OSError("the connection was closed, but not in order")


def failing_class(connection_class: type, switch: FailureSwitch) -> type:
    """A class of connections that differ from `connection_class` in that they fail when told to."""

    class Made:
        """Fails before anything else is done."""

        __slots__: ClassVar = ()

        def __init__(self, *arguments: object, **options: object) -> None:
            switch.at_making(self)
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
            slow = name == "disconnect" and switch.is_slow(self)
            result = method(self, *arguments, **options)
            if slow:
                switch.slow_closes.pass_through()
            after(self)
            return result

        return fail

    @wraps(method)
    async def fail_when_awaited(self: object, *arguments: object, **options: object) -> object:
        before(self)
        slow = name == "disconnect" and switch.is_slow(self)
        result: object = await method(self, *arguments, **options)
        passing = switch.slow_closes.pass_through() if slow else None
        if passing is not None:
            await passing
        after(self)
        return result

    return fail_when_awaited


def _by(how: Spoiling) -> tuple[str, ...]:
    """The methods by one of which it shows."""
    return (MARK,) if how in DUE else LOOKS


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


class SpoiltConnections:
    """Spoils connections one by one, so that those which replace them are good."""

    def __init__(self, log: Log, seen: PoolsSeen, switch: FailureSwitch | None) -> None:
        self._log = log
        self._seen = seen
        self._switch = switch

    def handles(self, operation: Operation) -> bool:
        """Whether connections are spoilt, or come to be closed at last."""
        return isinstance(operation, Spoil | LetClose)

    def carry_out(self, operation: Operation) -> None:
        """Spoil what is open, if that can be done."""
        if self._switch is None:
            return
        if not isinstance(operation, Spoil):
            self._switch.slow_closes.open()
            return
        opened = self._seen.open_connections()
        if self._switch.spoil(operation.how):
            for pool, numbers in opened.items():
                for number in sorted(numbers):
                    text = SPOILT[operation.how]
                    self._log.add(Cut(self._log.now_s(), pool, number, text, here=True))
