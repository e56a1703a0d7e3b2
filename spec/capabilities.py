"""Capabilities: what a pool may offer or not.

Each is one record, and whatever is said of a capability anywhere is taken from it: the glossary, the
reason for which a clause is skipped, what an adapter that lacks a method is told, and the table for
authors of adapters. What is said here of adapters is text: this package knows none.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


@dataclass(frozen=True, slots=True)
class Record:
    """All that is said of one capability."""

    id: str
    """By this word it is known in `offers`, in messages and in reports."""

    offered: str
    """What is offered, as it reads after 'the pool does not offer'."""

    sentence: str
    """What callers can rely on, in whole sentences."""

    shown_by: str
    """By what a pool of redis-py's interface shows that it offers this."""

    method: str | None = None
    """The method that an adapter has for this alone, with its arguments."""

    setting: str | None = None
    """The field of the settings that an adapter's `open` passes on to the pool."""

    base: str | None = None
    """The base class by which an adapter offers it, if `offers` has no say in it."""

    @property
    def method_name(self) -> str:
        """The name of the method alone; empty if an adapter needs none."""
        return (self.method or "").partition("(")[0]

    @property
    def arguments(self) -> int:
        """How many arguments that method takes."""
        listed = (self.method or "").partition("(")[2].rstrip(")")
        return len(listed.split(",")) if listed else 0


class Capability(StrEnum):
    """Something that a pool may offer. A clause that needs it is skipped for a pool without it."""

    record: Record

    def __new__(cls, record: Record) -> Self:
        """Make the member known by the id of its record."""
        member = str.__new__(cls, record.id)
        member._value_ = record.id
        member.record = record
        return member

    CONTEXT_MANAGER = Record(
        "context_manager",
        offered="a `with pool.connection()` block",
        sentence="`with pool.connection() as connection:` acquires a connection, and releases it at "
        "the end of the block. For asyncio it is `async with`.",
        shown_by="a method `connection()`",
        method="block(pool)",
    )
    CLIENT = Record(
        "client",
        offered="itself to a client of the redis-py family",
        sentence="A client of the redis-py family takes the pool: "
        "`redis.Redis(connection_pool=pool)`.",
        shown_by="its connections, if they come from a library that has such a client",
    )
    THREADS = Record(
        "threads",
        offered="itself to threads",
        sentence="Callers are threads: acquire and release are functions.",
        shown_by="a `get_connection` that is a plain function",
        base="Adapter",
    )
    ASYNCIO = Record(
        "asyncio",
        offered="itself to asyncio",
        sentence="Callers are tasks of an asyncio event loop: acquire is a coroutine, release may be "
        "one.",
        shown_by="a `get_connection` that is a coroutine",
        base="AsyncAdapter",
    )
    CLOSE = Record(
        "close",
        offered="a way to close it for good",
        sentence="`pool.close()`, for asyncio also `pool.aclose()`, closes the pool for good.",
        shown_by="a method `close()` or `aclose()`",
    )
    DISCONNECT = Record(
        "disconnect",
        offered="a way to close its connections and go on",
        sentence="`pool.disconnect()` closes the connections, and the pool goes on.",
        shown_by="a method `disconnect()`, which every pool of this interface has",
        method="disconnect_pool(pool)",
    )
    FORK = Record(
        "fork",
        offered="itself to the children of a process that forks",
        sentence="A process that has the pool can fork, and its child goes on with it. Only pools for "
        "threads can be used so, where there is `os.fork`: no event loop can go on in a child, and a "
        "pool for asyncio may belong to one.",
        shown_by="being a pool for threads, where there is `os.fork`",
        base="Adapter",
    )
    MAX_IDLE_TIME = Record(
        "max_idle_time",
        offered="a maximum idle time",
        sentence="The pool can be told `max_idle_time`: for how many seconds a connection may be idle "
        "before it is of no use any more.",
        shown_by="a parameter `max_idle_time` of its constructor, in seconds",
        setting="max_idle_time",
    )
    MAX_LIFETIME = Record(
        "max_lifetime",
        offered="a maximum lifetime of connections",
        sentence="The pool can be told `max_lifetime`: how many seconds after it was opened a "
        "connection is of no use any more.",
        shown_by="a parameter `max_lifetime` of its constructor, in seconds",
        setting="max_lifetime",
    )
    MIN_IDLE = Record(
        "min_idle",
        offered="a minimum of idle connections",
        sentence="The pool can be told `min_idle`: how many connections are to be open when nobody "
        "uses any.",
        shown_by="a parameter `min_idle` of its constructor",
        setting="min_idle",
    )
    CALL_TIMEOUT = Record(
        "call_timeout",
        offered="a timeout for a single acquire",
        sentence="An acquire can be given a timeout of its own, which holds in the place of the "
        "pool's: `pool.get_connection(timeout=2)`.",
        shown_by="a parameter `timeout` of its `get_connection`, in seconds",
        method="acquire_within(pool, timeout)",
    )
    REAUTHENTICATION = Record(
        "reauthentication",
        offered="a way to tell it of new credentials",
        sentence="The pool can be told of new credentials: `pool.re_auth_callback(token)`, where "
        '`token.try_get("oid")` is the user and `token.get_value()` the password.',
        shown_by="a method `re_auth_callback(token)`",
        method="re_authenticate(pool, user, password)",
    )
    GRACEFUL_CLOSE = Record(
        "graceful_close",
        offered="a grace period for closing",
        sentence="Closing can be given a grace period, in which those who hold a connection can "
        "finish: `pool.close(grace=5)`.",
        shown_by="a parameter `grace` of its `close` or `aclose`, in seconds",
        method="close_gracefully(pool, grace)",
    )


def table_for_adapters() -> str:
    """The table of what shows each capability, as the documentation for adapters has it."""
    rows = [
        f"| {each.record.offered} | {each.record.shown_by} | {_of_an_adapter(each)} |"
        for each in Capability
    ]
    head = ["| A pool that offers | is told by | and an adapter has |", "|---|---|---|"]
    return "\n".join([*head, *rows])


def _of_an_adapter(capability: Capability) -> str:
    record = capability.record
    if record.base is not None:
        return f"the base class `{record.base}`"
    said = f"`Capability.{capability.name}` in `offers`"
    if record.method is not None:
        return f"{said}, and a method `{record.method}`"
    if record.setting is not None:
        return f"{said}; `open` passes on `settings.{record.setting}`, if it is not None"
    return said
