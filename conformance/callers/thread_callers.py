"""What callers do that are threads. How the threads are run is for the drivers to say."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Final, Protocol, cast

from poolproof.spec.model.events import (
    AcquireCalled,
    AcquireCancelled,
    AcquireFailed,
    CloseCalled,
    CloseReturned,
    CommandCalled,
    CommandInterrupted,
    CommandReturned,
    DisconnectCalled,
    DisconnectReturned,
    LeftUnread,
    ReauthCalled,
    ReauthReturned,
    ReleaseCalled,
    ReleaseReturned,
    Used,
)

from ..adapters.adapter import (
    AdapterError,
    AnyAdapter,
)
from ..programs.fault_kinds import Signal
from .driver import Surroundings
from .outcomes import Outcomes


class Interrupt(KeyboardInterrupt):
    """What a caller is interrupted with. Nobody else raises it."""


class Exit(SystemExit):
    """The same, as by the handler of a signal that ends the process."""


RAISED: Final[Mapping[Signal, type[Interrupt | Exit]]] = {
    "KeyboardInterrupt": Interrupt,
    "SystemExit": Exit,
}


class Client(Protocol):
    """What is used of a client."""

    def execute_command(self, *words: str | int) -> object:
        """Send a command on a connection of the pool, and return the reply."""
        ...


class ThreadCallers(Outcomes):
    """The calls of a program, each to be made by a thread."""

    def __init__(self, adapter: AnyAdapter, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._adapter = adapter

    @abstractmethod
    def _control_s(self, call: int, waited_s: float, /) -> float:
        """How long a plain wait took that began with this acquire, which waited in vain."""

    def _acquire(
        self,
        pool: str,
        call: int,
        sent: Callable[[], object] = lambda: None,
        /,
        within_s: float | None = None,
    ) -> None:
        """Acquire, and find out which connection it is; `sent` is called when that was asked."""
        called_s = self._now_s()
        self._log(AcquireCalled(called_s, pool, call, within_s))
        handle = self._pools[pool].handle
        try:
            if within_s is None:
                connection = self._adapter.acquire(handle)
            else:
                connection = self._adapter.acquire_within(handle, within_s)
        except Interrupt:
            self._log(AcquireCancelled(self._now_s(), pool, call))
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller has no connection
            at_s = self._now_s()
            control_s = self._control_s(call, at_s - called_s)
            error = self._library.error(raised)
            self._log(AcquireFailed(at_s, pool, call, error, control_s, exact=self.exact))
        else:
            self._take(pool, call, connection, self._now_s(), sent)

    def _take(
        self,
        pool: str,
        call: int,
        connection: object,
        at_s: float,
        sent: Callable[[], object] = lambda: None,
    ) -> None:
        """Note a connection that was handed out, under the number that the server knows it by."""
        try:
            self._adapter.send(connection, "CLIENT", "ID")
            sent()
            reply = self._adapter.receive(connection)
        except Interrupt:
            trouble = "its caller was interrupted before it could use it"
            self._note_useless(pool, call, connection, trouble, at_s)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            trouble = self._raised("CLIENT ID", raised)
            self._note_useless(pool, call, connection, trouble, at_s)
        else:
            self._note_acquired(pool, call, connection, reply, at_s)

    def _release(self, acquire: int, to: str, call: int, inside: int | None = None) -> None:
        held = self._let_go(acquire, to)
        self._log(ReleaseCalled(self._now_s(), to, call, acquire, inside))
        error = None
        try:
            self._adapter.release(self._pools[to].handle, held.connection)
        except BaseException as raised:  # noqa: BLE001 - a pool may refuse with any error
            error = self._library.error(raised)
        self._log(ReleaseReturned(self._now_s(), to, call, acquire, error))

    def _use(self, acquire: int) -> None:
        held = self._held(acquire)
        word = f"{self._settings.client_name}-{next(self._calls)}"
        try:
            self._adapter.send(held.connection, "ECHO", word)
            reply = self._adapter.receive(held.connection)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._note_trouble(acquire, held, "ECHO", raised)
        else:
            self._note_echo(acquire, held, word, reply)

    def _write(self, acquire: int) -> None:
        held = self._held(acquire)
        try:
            self._adapter.send(held.connection, *self._something_to_write())
            self._adapter.receive(held.connection)
        except Exception as raised:  # noqa: BLE001 - the server refuses it, or the connection fails
            self._note_written(acquire, held, raised)
        else:
            self._log(Used(self._now_s(), held.pool, acquire))

    def _write_by_client(self, pool: str, call: int) -> None:
        self._log(CommandCalled(self._now_s(), pool, call))
        error = None
        try:
            self._client(pool).execute_command(*self._something_to_write())
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller is told
            error = self._library.error(raised)
        self._log(CommandReturned(self._now_s(), pool, call, error=error))

    def _send_only(self, acquire: int, key: str) -> None:
        """Send a command, and leave its reply unread."""
        held = self._held(acquire)
        try:
            self._adapter.send(held.connection, "GET", key)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._note_trouble(acquire, held, "GET", raised)
        else:
            self._log(LeftUnread(self._now_s(), held.pool, acquire, f"GET {key}"))

    def _drop(self, acquire: int) -> None:
        held = self._held(acquire)
        try:
            self._adapter.disconnect(held.connection)
        except Exception as raised:  # noqa: BLE001 - the connection does not work
            self._note_trouble(acquire, held, "closing it", raised)
        else:
            self._note_dropped(acquire, held)

    def _forget(self, acquire: int) -> None:
        self._let_collect(acquire)

    def _close_pool(self, pool: str, call: int, grace_s: float | None = None) -> None:
        self._log(CloseCalled(self._now_s(), pool, call, grace_s))
        handle = self._pools[pool].handle
        error = None
        try:
            if grace_s is None:
                self._adapter.close(handle)
            else:
                self._adapter.close_gracefully(handle, grace_s)
        except BaseException as raised:  # noqa: BLE001 - a pool may raise anything
            error = self._library.error(raised)
        self.closed.add(pool)
        self._log(CloseReturned(self._now_s(), pool, call, error))

    def _reauthenticate(self, pool: str, call: int) -> None:
        self._log(ReauthCalled(self._now_s(), pool, call))
        handle, error = self._pools[pool].handle, None
        try:
            self._adapter.re_authenticate(handle, *self._credentials())
        except BaseException as raised:  # noqa: BLE001 - a pool may raise anything
            error = self._library.error(raised)
        self._log(ReauthReturned(self._now_s(), pool, call, error))

    def _disconnect_pool(self, pool: str, call: int) -> None:
        self._log(DisconnectCalled(self._now_s(), pool, call))
        error = None
        try:
            self._adapter.disconnect_pool(self._pools[pool].handle)
        except BaseException as raised:  # noqa: BLE001 - a pool may raise anything
            error = self._library.error(raised)
        self._log(DisconnectReturned(self._now_s(), pool, call, error))

    def _wait_in_a_client(self, pool: str, call: int, key: str) -> None:
        """Give a command to a client, whose reply comes when something is put under the key."""
        client = self._client(pool)
        self._log(CommandCalled(self._now_s(), pool, call))
        try:
            reply = client.execute_command("BLPOP", key, 0)
        except (Interrupt, Exit) as raised:
            by = next(signal for signal, kind in RAISED.items() if isinstance(raised, kind))
            self._log(CommandInterrupted(self._now_s(), pool, call, by, outstanding=True))
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the caller has no reply
            error = self._library.error(raised)
            at_s = self._now_s()
            if error.is_timeout_error:
                self._log(CommandInterrupted(at_s, pool, call, "socket_timeout", outstanding=True))
            else:
                self._log(CommandReturned(at_s, pool, call, error=error))
        else:
            self._note_popped(pool, call, key, reply)

    def _client(self, pool: str) -> Client:
        """A client that uses the pool."""
        make_client = cast("Callable[..., Client]", self._library.client)
        return make_client(connection_pool=self._pools[pool].handle)

    def _run_block(self, pool: str, call: int, leave_by: type[BaseException] | None) -> None:
        handle = self._pools[pool].handle
        leaving = None if leave_by is None else leave_by("leaving the block")
        entered = False
        self._log(AcquireCalled(self._now_s(), pool, call))
        try:
            with self._adapter.block(handle) as connection:
                entered = True
                self._take(pool, call, connection, self._now_s())
                if leaving is not None:
                    raise leaving
        except BaseException as raised:  # noqa: BLE001 - ours among them
            if not entered or isinstance(raised, AdapterError):
                error = self._library.error(raised)
                self._log(AcquireFailed(self._now_s(), pool, call, error))
                return
        self._note_block_left(pool, call, leave_by)
