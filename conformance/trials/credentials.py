"""What is printed of a pool that was built with a user name and a password."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from secrets import token_hex
from time import monotonic

import redis

from poolproof.conformance.adapter import AnyAdapter, PoolSettings
from poolproof.conformance.bounded import bounded
from poolproof.conformance.preparation import Prepared
from poolproof.conformance.program import BRIEF_S
from poolproof.conformance.server import Server
from poolproof.conformance.witness import Witness
from poolproof.spec.events import Event, Shown

CLOSED_PORT = 1
"""A port of this machine at which nobody listens."""


def printed_credentials(
    adapter: AnyAdapter, prepared: Prepared, server: Server, witness: Witness
) -> Iterator[Sequence[Event]]:
    """Print the pool and the errors of its acquires: refused, unreachable, and exhausted."""
    user, password = f"user-{token_hex(8)}", f"password-{token_hex(8)}"
    refused = replace(
        prepared.settings, username=user, password=password, max_connections=1, timeout=BRIEF_S
    )
    unreachable = replace(refused, host="127.0.0.1", port=CLOSED_PORT)
    printed = _print(adapter, refused, "with credentials that the server refuses")
    printed += _print(adapter, unreachable, "with a server that cannot be reached")
    if server.started_by_kit and _admit(witness, user, password):
        try:
            printed += _print(adapter, refused, "while all connections are in use")
        finally:
            witness.ask("ACL", "DELUSER", user)
    yield [Shown(monotonic(), what, text, (user, password)) for what, text in printed]


def _admit(witness: Witness, user: str, password: str) -> bool:
    """Let the user in, if the server has users at all."""
    try:
        witness.ask("ACL", "SETUSER", user, "on", f">{password}", "~*", "+@all")
    except redis.ResponseError:
        return False
    return True


def _print(adapter: AnyAdapter, settings: PoolSettings, when: str) -> list[tuple[str, str]]:
    printed: list[tuple[str, str]] = []

    def attempt(what: str, work: Callable[[], object]) -> object:
        try:
            return bounded(work)
        except Exception as raised:  # noqa: BLE001 - any error is what is wanted here
            text = "".join(traceback.format_exception_only(raised)) + repr(raised)
            printed.append((f"the error of {what} {when}", text))
            return None

    pool = attempt("the constructor", lambda: adapter.open(settings))
    if pool is None:
        return printed
    attempt("an acquire", lambda: adapter.acquire(pool))
    attempt("a further acquire", lambda: adapter.acquire(pool))
    text = attempt("the repr", lambda: f"{pool!r} {pool}")
    printed.append((f"the repr of the pool {when}", str(text)))
    attempt("the close", lambda: adapter.close(pool))
    return printed
