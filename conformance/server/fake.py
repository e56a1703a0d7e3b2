"""Stand-ins: connections to a server that is only imagined, in this process.

A search through thousands of schedules has no time for sockets. A stand-in is a subclass of the
pool's own connection class, so that all a pool may look at is there; only what goes over the wire is
imagined. It is used for searching alone: what is found with it is believed only when it is found
again on a real server.
"""

from collections.abc import Mapping
from itertools import count

from .monitor import Allowed, Monitor


class ImaginedServer(Monitor):
    """Numbers connections and answers them; to a driver it is the monitor, too."""

    def __init__(self) -> None:
        super().__init__("the imagined server")
        self.numbers = count(1)
        self.open: dict[int, str] = {}
        """The client name of every open connection."""

    def begin_anew(self) -> None:
        """Forget all connections, so that the next program sees the same numbers."""
        self.numbers = count(1)
        self.open.clear()

    def ask(self, *_words: str | float) -> None:
        """Answer nothing: only what connections ask is answered."""

    def lets_in(self) -> None:
        """Return: everybody is let in."""

    def settled_connections(
        self, pools: Mapping[str, str], _allowed: Mapping[str, Allowed]
    ) -> Mapping[str, frozenset[int]]:
        """The connections of each pool, given the client name of each. Nothing moves here."""
        return {
            pool: frozenset(number for number, owner in self.open.items() if owner == name)
            for pool, name in pools.items()
        }

    def end_connections(self, names: frozenset[str]) -> None:
        """Close whatever is still open under these client names."""
        self.open = {number: name for number, name in self.open.items() if name not in names}


class _Socket:
    """Where a connection that is open has its socket."""


def stand_in_for(connection_class: type, server: ImaginedServer) -> type:
    """A class of connections that differ from `connection_class` in that their server is imagined."""

    def connect(self: object, *_arguments: object, **_options: object) -> None:
        if getattr(self, "_sock", None) is None:
            vars(self)["_sock"] = _Socket()
            vars(self)["stand_in_number"] = next(server.numbers)
            vars(self)["stand_in_replies"] = []
            server.open[vars(self)["stand_in_number"]] = str(getattr(self, "client_name", ""))

    def disconnect(self: object, *_arguments: object, **_options: object) -> None:
        if getattr(self, "_sock", None) is not None:
            vars(self)["_sock"] = None
            server.open.pop(vars(self)["stand_in_number"], None)

    def send_command(self: object, *words: object, **_options: object) -> None:
        connect(self)
        is_id = words == ("CLIENT", "ID")
        vars(self)["stand_in_replies"].append(vars(self)["stand_in_number"] if is_id else words[-1])

    def read_response(self: object, *_arguments: object, **_options: object) -> object:
        reply: object = vars(self)["stand_in_replies"].pop(0)
        return reply

    def can_read(self: object, *_arguments: object, **_options: object) -> bool:
        return bool(vars(self).get("stand_in_replies"))

    return type(
        f"StandIn{connection_class.__name__}",
        (connection_class,),
        {
            "connect": connect,
            "disconnect": disconnect,
            "send_command": send_command,
            "read_response": read_response,
            "can_read": can_read,
            "__del__": lambda _: None,
        },
    )
