"""The proxy's one thread: it passes on what comes, and does what it is asked to in between.

It waits for its sockets and is told of requests over a pair of them; it never looks at a clock. It is
none of the threads that a scheduler conducts, and uses Python's own primitives only.
"""

import os
import selectors
import socket
from collections import deque
from collections.abc import Callable
from threading import Thread
from typing import Final, Literal, TypeVar
from weakref import WeakSet

from ...isolation import real
from ...isolation.call_with_timeout import THREAD_NAME
from .errors import ProxyError
from .link import Link
from .socket_info import SocketAddress

ConnectPolicy = Literal["open", "hang", "refuse"]

LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 128
_Result = TypeVar("_Result")


class _Request:
    """Something to do, and when it counts as done."""

    def __init__(self, work: Callable[[], object], until: Callable[[], bool]) -> None:
        self.error: BaseException | None = None
        self.is_withdrawn = False
        self._work, self._until = work, until
        self._done = real.allocate_lock()
        self._done.acquire()

    def begin(self) -> None:
        """Do it."""
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
            self.error = error

    def is_over(self) -> bool:
        """Whether nobody waits for it any more. A thread that waits is told when it is done."""
        if self.is_withdrawn:
            return True
        if self.error is None and not self._until():
            return False
        self._done.release()
        return True

    def give_up(self, error: BaseException) -> None:
        """Say that it will not be done."""
        self.error = error
        self._done.release()

    def wait(self, bound_s: float) -> bool:
        """Wait until it is done; False if it was not in time."""
        return self._done.acquire(timeout=bound_s)


class Relay:
    """Listens where pools connect, and keeps the links."""

    def __init__(self, family: int, server: tuple[object, ...]) -> None:
        self.connect_policy: ConnectPolicy = "open"
        self.links: dict[SocketAddress, Link] = {}
        """Those that are open, by the address of the pool's socket, first opened first."""
        self.gone: set[SocketAddress] = set()
        """The addresses of those that were."""
        self._family, self._server = family, server
        self._selector = selectors.DefaultSelector()
        self._opened = 0
        self._requests: deque[_Request] = deque()
        self._pending: list[_Request] = []
        self._looked = False
        """Whether there was nothing to read when it was looked last."""
        self._failure: BaseException | None = None
        self._over = False
        # Holds the port while nobody listens there: it must not become somebody else's.
        self._keeper = _bound(0)
        self.address: SocketAddress = self._keeper.getsockname()
        self._listener: socket.socket | None = None
        self._told, self._tells = socket.socketpair()
        self._told.setblocking(False)
        self._tells.setblocking(False)
        self._watch(self._told, selectors.EVENT_READ, self._on_told)
        self._listen()
        self._thread = Thread(target=self._serve, daemon=True, name=f"{THREAD_NAME}-proxy")
        self._thread.start()
        _relays.add(self)

    def ask(
        self,
        work: Callable[[], _Result],
        until: Callable[[], bool],
        missing: Callable[[], str],
        bound_s: float,
    ) -> _Result:
        """What `work` returns, called by the relay's thread between two events.

        Returns when `until` is true at a moment when there is nothing to read anywhere.
        """
        results: list[_Result] = []
        request = _Request(lambda: results.append(work()), until)
        self._requests.append(request)
        self._wake()
        try:
            # A thread that has ended since answers nobody.
            if self._over:
                raise ProxyError(f"the proxy is closed: {self._failure or 'its block is over'}")
            if not request.wait(bound_s):
                raise ProxyError(f"the proxy waited in vain for {bound_s:g} s: {missing()}")
        finally:
            request.is_withdrawn = True
        if request.error is not None:
            raise request.error
        return results[0]

    def close(self, bound_s: float) -> None:
        """Close every socket and end the thread."""
        if self._over and not real.is_alive(self._thread):
            return
        self._over = True
        self._wake()
        real.join(self._thread, bound_s)
        if real.is_alive(self._thread):
            raise ProxyError(f"the proxy's thread did not end within {bound_s:g} s")

    # What the thread does when asked.

    def change_policy(self, connect_policy: ConnectPolicy) -> None:
        """Treat new connections in this way; and those that hang, if that is over."""
        if self._listener is not None:
            self._on_connect(selectors.EVENT_READ)  # these came before the change
        self.connect_policy = connect_policy
        if connect_policy == "refuse":
            self._hang_up_listener()
            return
        if self._listener is None:
            self._listen()
        if connect_policy == "open":
            for link in [*self.links.values()]:
                link.admit(self._family, self._server)

    def _listen(self) -> None:
        self._listener = _bound(self.address[1])
        self._listener.listen(BACKLOG)
        self._watch(self._listener, selectors.EVENT_READ, self._on_connect)

    def _hang_up_listener(self) -> None:
        if self._listener is not None:
            self._watch(self._listener, 0, self._on_connect)
            self._listener.close()
            self._listener = None

    # The thread.

    def _serve(self) -> None:
        try:
            while not self._over:
                self._take_turn()
        except BaseException as failure:  # noqa: BLE001 - the next request tells it
            self._failure = failure
        finally:
            self._over = True
            for link in [*self.links.values()]:
                link.end("hung up")
            self.drop_sockets()
            while self._requests:
                self._pending.append(self._requests.popleft())
            for request in self._pending:
                request.give_up(ProxyError("the proxy was closed meanwhile"))

    def _take_turn(self) -> None:
        # Whether something is still to be read is known only when a look has shown nothing.
        happened = self._selector.select(0 if self._pending and not self._looked else None)
        self._looked = not happened
        if self._looked:
            self._pending = [request for request in self._pending if not request.is_over()]
        for key, events in happened:
            # What happened before in this turn may have closed it, or changed what is looked for.
            if self._selector.get_map().get(key.fd) is key:
                key.data(events)
        while self._requests:
            request = self._requests.popleft()
            request.begin()
            self._pending.append(request)

    def _watch(self, end: socket.socket, events: int, call: Callable[[int], None]) -> None:
        known = self._selector.get_map().get(end)
        if not events and known is not None:
            self._selector.unregister(end)
        elif events and known is None:
            self._selector.register(end, events, call)
        elif known is not None and known.events != events:
            self._selector.modify(end, events, call)

    def _on_told(self, _: int) -> None:
        self._told.recv(4096)

    def _on_connect(self, _: int) -> None:
        assert self._listener is not None
        while True:
            try:
                end, address = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            link = Link(self._opened, end, address, self._watch, self._on_end)
            self._opened += 1
            self.links[address] = link
            self.gone.discard(address)
            if self.connect_policy == "open":
                link.admit(self._family, self._server)

    def _on_end(self, link: Link) -> None:
        del self.links[link.pool_address]
        self.gone.add(link.pool_address)

    def _wake(self) -> None:
        try:
            self._tells.send(b"\0")
        except (BlockingIOError, OSError):
            return  # it is being told already, or has ended

    def drop_sockets(self) -> None:
        """Close what is open, without a word to anybody's selector."""
        self._over = True
        for end in (self._listener, self._keeper, self._told, self._tells):
            if end is not None:
                end.close()
        self._selector.close()


def _bound(port: int) -> socket.socket:
    """A socket of this port; it may be had twice, to be kept while nobody listens."""
    end = socket.socket()
    end.setblocking(False)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    end.bind((LOOPBACK, port))
    return end


_relays: WeakSet[Relay] = WeakSet()


def _forget_in_child() -> None:
    """Close a child's copies: its parent's would otherwise not end with the parent's."""
    for relay in [*_relays]:
        for link in relay.links.values():
            link.drop_sockets()
        relay.drop_sockets()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
