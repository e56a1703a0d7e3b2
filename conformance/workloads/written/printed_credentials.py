"""What is printed of a pool that was built with a user name and a password."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from secrets import token_hex
from time import monotonic

from poolproof.spec.model.events import Event, Shown

from ...adapters.facade import usable_by_threads
from ...adapters.probe import Prepared
from ...adapters.settings import PoolSettings
from ...isolation.call_with_timeout import error_of
from ...server import Server
from ...server.control import ErrorReply
from ...server.monitor import ServerMonitor
from ..durations import BRIEF_S

CLOSED_PORT = 1
"""A port of this machine at which nobody listens."""


def printed_credentials(
    prepared: Prepared, server: Server, monitor: ServerMonitor
) -> Iterator[Sequence[Event]]:
    """Print the pool and the errors of its acquires: refused, unreachable, and exhausted."""
    user, password = f"user-{token_hex(8)}", f"password-{token_hex(8)}"
    refused = replace(
        prepared.settings, username=user, password=password, max_connections=1, timeout=BRIEF_S
    )
    unreachable = replace(refused, host="127.0.0.1", port=CLOSED_PORT)
    printed = _print(prepared, refused, "with credentials that the server refuses")
    printed += _print(prepared, unreachable, "with a server that cannot be reached")
    if server.started_by_kit and _admit(monitor, user, password):
        try:
            printed += _print(prepared, refused, "while all connections are in use")
        finally:
            monitor.ask("ACL", "DELUSER", user)
    yield [Shown(monotonic(), what, text, (user, password)) for what, text in printed]


def _admit(monitor: ServerMonitor, user: str, password: str) -> bool:
    """Let the user in, if the server has users at all."""
    try:
        monitor.ask("ACL", "SETUSER", user, "on", f">{password}", "~*", "+@all")
    except ErrorReply:
        return False
    return True


def _print(prepared: Prepared, settings: PoolSettings, when: str) -> list[tuple[str, str]]:
    printed: list[tuple[str, str]] = []

    def attempt(what: str, work: Callable[[], object]) -> bool:
        raised = error_of(work)
        if raised is not None:
            text = "".join(traceback.format_exception_only(raised)) + repr(raised)
            printed.append((f"the error of {what} {when}", text))
        return raised is None

    pools: list[object] = []
    texts: list[str] = []
    held: list[object] = []
    with usable_by_threads(prepared.adapter) as adapter:
        if attempt("the constructor", lambda: pools.append(adapter.open(settings))):
            [pool] = pools
            attempt("an acquire", lambda: held.append(adapter.acquire(pool)))
            attempt("a further acquire", lambda: held.append(adapter.acquire(pool)))
            attempt("the repr", lambda: texts.append(f"{pool!r} {pool}"))
            for connection in held:
                attempt("a release", partial(adapter.release, pool, connection))
            attempt("the close", lambda: adapter.close(pool))
    return printed + [(f"the repr of the pool {when}", text) for text in texts]
