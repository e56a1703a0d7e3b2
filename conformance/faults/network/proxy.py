"""The way between a pool and the server, and what can be done to it.

A pool connects to the proxy's address instead of the server's; the monitor talks to the server
directly. Each call returns when it has taken effect, at the pool's socket where the system can tell
(see socket_info.py), and raises ProxyError when that takes too long. Nothing here sleeps or waits for
a clock, so what a program sees depends on the program alone.
"""

import socket
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self, TypeVar

from ...programs.fault_kinds import CutInReply
from . import socket_info
from .errors import ProxyError
from .link import Link
from .relay import ConnectPolicy, Relay
from .socket_info import Arrival, SocketAddress

BOUND_S: Final = 5.0
"""How long anything may take that depends on this machine and the server only."""

_Result = TypeVar("_Result")


class Proxy:
    """
    Relays to a server until the end of its block, in which all that it has opened is closed.

        with Proxy(server.host, server.port) as proxy:
            pool = make_pool(proxy.host, proxy.port)
            ...
            proxy.reset(*proxy.links())

    What can be done to a link can be done to several at once: pass them all.
    """

    def __init__(self, host: str, port: int, *, bound_s: float = BOUND_S) -> None:
        self.bound_s = bound_s
        # Asked once, here: the thread that relays must not wait for a name.
        family, _, _, _, server = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        self._relay = Relay(family, server)

    @property
    def host(self) -> str:
        """Where pools connect."""
        return self._relay.address[0]

    @property
    def port(self) -> int:
        """Where pools connect."""
        return self._relay.address[1]

    def close(self) -> None:
        """Close every socket and end the thread."""
        self._relay.close(self.bound_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    # Connecting.

    @property
    def connect_policy(self) -> ConnectPolicy:
        """What becomes of new connections."""
        return self._relay.connect_policy

    def refuse_connects(self) -> None:
        """Stop listening: new connections are refused at once. Open ones stay."""
        self._ask(lambda: self._relay.change_policy("refuse"))

    def let_connects_hang(self) -> None:
        """Accept new connections, and neither answer them nor let the server know."""
        self._ask(lambda: self._relay.change_policy("hang"))

    def admit_connects(self) -> None:
        """Relay new connections to the server, and first, in their order, those that hang."""
        self._ask(
            lambda: self._relay.change_policy("open"),
            lambda: all(link.is_relayed() for link in self._relay.links.values()),
        )

    # Which link.

    def links(self) -> tuple[Link, ...]:
        """Those that are open, first opened first."""
        return self._ask(lambda: tuple(self._relay.links.values()))

    def link_of(self, server_address: str) -> Link:
        """The one that the server's CLIENT LIST shows with this `addr`, as in 127.0.0.1:50000."""
        for link in self.links():
            if link.server_address == server_address:
                return link
        raise ProxyError(f"no open connection goes through the proxy as {server_address}")

    def withholds_from(self, pool_address: SocketAddress) -> bool:
        """Whether a read from this socket may wait for bytes that come only when the fault is ended.

        It asks nobody, so that it can be asked all the time.
        """
        link = self._relay.links.get(pool_address)
        return self._relay.connect_policy == "hang" if link is None else link.withholds

    # What the server says.

    def cut_next_reply(self, *links: Link, after: int, then: CutInReply) -> None:
        """Deliver the first `after` bytes of the next reply, and never all of it; then end the
        connection.

        The next reply is the next one the server sends: call `settle` before if one is on its way.
        """
        if after < 0:
            raise ValueError(f"of a reply {after} bytes cannot be delivered")
        self._do(links, lambda link: link.cut_next_reply(after, then))

    def push(self, *links: Link, data: bytes) -> None:
        """Send the pool what nobody asked for.

        A loop that counts replies must be able to read it: let it be Redis' protocol there.
        """
        self._do(links, lambda link: link.push(data))
        self._await_arrival(links)

    # How a connection ends.

    def swallow(self, *links: Link) -> None:
        """Make it a black hole, for good: what either side sends is lost, and that the server hangs up
        is not told. When the pool closes its socket, the server's is closed, too.
        """
        self._do(links, lambda link: link.swallow())

    def hang_up(self, *links: Link) -> None:
        """Close it towards the pool, as a server does that closes a connection."""
        self._do(links, lambda link: link.end("hung up"))
        self._await_arrival(links)

    def reset(self, *links: Link) -> None:
        """End it with a reset, as a machine does that knows nothing of the connection."""
        self._do(links, lambda link: link.end("reset"))
        self._await_arrival(links)

    def half_close(self, *links: Link) -> None:
        """Tell the pool that no more will come. What it sends still reaches the server."""
        self._do(links, lambda link: link.half_close())
        self._await_arrival(links)

    def await_end(self, *links: Link) -> None:
        """Wait until these have ended, as after the server was told to close them."""
        self._ask(
            lambda: None,
            lambda: not any(link.is_open for link in links),
            lambda: self._told(links, "is still open"),
        )
        self._await_arrival(links)

    def settle(self, *, answered: bool = True) -> None:
        """Wait until all that was sent so far has been passed on, and has arrived.

        What a pool of this process has sent has then reached the server; with `answered`, each of its
        commands has been answered, and each reply is unread at the pool's socket or has been read,
        but for what a fault withholds.
        """
        with socket_info.pool_sockets(self._relay.address) as at_pool:
            self._await_relayed(at_pool.seen(), answered=answered)
            self._await_arrival_at(at_pool, self.links())

    def _await_relayed(
        self, seen: Mapping[SocketAddress, socket_info.SocketInfo], *, answered: bool
    ) -> None:
        def unsettled() -> list[str]:
            links = self._relay.links
            return [
                f"{told} {address[1]}"
                for address, end in seen.items()
                if (told := self._not_taken(address, end)) is not None
            ] + [
                f"{told} {link!r}"
                for link in links.values()
                if (told := _not_settled(link, answered)) is not None
            ]

        self._ask(lambda: None, lambda: not unsettled(), lambda: "; ".join(unsettled()))

    def _not_taken(self, address: SocketAddress, end: socket_info.SocketInfo) -> str | None:
        link = self._relay.links.get(address)
        if link is not None:
            return "not all has come from port" if link.received < end.written else None
        if end.state == socket_info.ESTABLISHED and address not in self._relay.gone:
            refuses = self._relay.connect_policy == "refuse"
            return None if refuses else "nobody has accepted port"
        return None

    def _do(self, links: tuple[Link, ...], work: Callable[[Link], None]) -> None:
        def work_on_each() -> None:
            for link in links:
                work(link)

        self._ask(
            work_on_each,
            lambda: all(link.is_relayed() for link in links),
            lambda: self._told(links, "cannot take what is to be sent"),
        )

    def _await_arrival(self, links: tuple[Link, ...]) -> None:
        if links:
            with socket_info.pool_sockets(self._relay.address) as at_pool:
                self._await_arrival_at(at_pool, links)

    def _await_arrival_at(self, at_pool: socket_info.PoolSockets, links: tuple[Link, ...]) -> None:
        expected: Mapping[SocketAddress, Arrival] = {
            link.pool_address: Arrival(
                link.delivered, link.is_half_closed or not link.is_open, link.ended == "reset"
            )
            for link in links
        }
        late = at_pool.await_arrival(expected, self.bound_s)
        if late:
            raise ProxyError(f"what was sent has not arrived within {self.bound_s:g} s at {late}")

    def _ask(
        self,
        work: Callable[[], _Result],
        until: Callable[[], bool] = lambda: True,
        missing: Callable[[], str] = lambda: "it does not answer",
    ) -> _Result:
        return self._relay.ask(work, until, missing, self.bound_s)

    def _told(self, links: tuple[Link, ...], what: str) -> str:
        return ", ".join(f"{link!r} {what}" for link in links if link.is_open)


def _not_settled(link: Link, answered: bool) -> str | None:
    if not link.is_relayed():
        return "something is on its way on"
    if answered and link.due and not link.is_swallowed and link.is_admitted:
        return f"{link.due} replies are due on"
    return None
