"""The glossary: the words of the specification, each with one meaning, and its readings.

The words are the ones of the field. They stand in reading order: a word is explained before it is
used to explain another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .clause import Capability, Level


@dataclass(frozen=True, slots=True)
class Term:
    """A word, and what it means wherever the specification uses it."""

    name: str
    meaning: str


GLOSSARY = (
    Term(
        "connection",
        "An open socket to the server, over which commands go out and replies come back in the "
        "same order. It is known by the number that the server gave it (`CLIENT ID`).",
    ),
    Term(
        "pool",
        "Keeps connections open and hands each to one caller at a time, so that callers need not "
        "open their own.",
    ),
    Term("caller", "Whoever asks a pool for a connection: a thread of the application."),
    Term(
        "acquire",
        "To ask the pool for a connection. It returns one, or raises. "
        "In redis-py's pools the method is `get_connection`.",
    ),
    Term(
        "release",
        "To give a connection back to the pool. In redis-py's pools the method is `release`.",
    ),
    Term("holder", "A caller that has acquired a connection and not yet released it."),
    Term("in use", "Said of a connection that has a holder."),
    Term("idle", "Said of a connection that is open in the pool and has no holder."),
    Term(
        "front, back",
        "The two ends of the queue of idle connections. "
        "At the front is the one that has been idle longest, at the back the one released last.",
    ),
    Term(
        "`max_connections`",
        "How many connections a pool may have, counting those in use, those idle and those being "
        "opened.",
    ),
    Term(
        "slot",
        "One of the `max_connections` places of a pool. It has a connection or is empty. "
        "A slot is lost when no caller can get a connection in it any more.",
    ),
    Term("exhausted", "Said of a pool whose `max_connections` connections are all in use."),
    Term("waiter", "A caller whose acquire found the pool exhausted and has not returned."),
    Term(
        "`timeout`",
        "How many seconds a waiter waits for a connection: 0 means not at all, `None` for ever. "
        "It is a setting of the pool.",
    ),
    Term(
        "wait in vain",
        "An acquire that found the pool exhausted, and during which no connection was released.",
    ),
    Term(
        "`socket_timeout`",
        "How many seconds a holder waits for the server's reply. "
        "It is a setting of the connection, and has nothing to do with `timeout`.",
    ),
    Term(
        "second release",
        "The release of a connection by a caller that has released it already, and that nobody has "
        "acquired since.",
    ),
    Term("foreign connection", "A connection that another pool handed out."),
    Term(
        "client",
        "The library through which an application speaks to the server, such as redis-py. "
        "It acquires and releases on behalf of the application.",
    ),
    Term(
        "history",
        "All that was seen of some pools from outside, in the order in which it was seen.",
    ),
)


LEVELS: Mapping[Level, str] = {
    Level.CORE: "Order, bounded size, timeout errors and the return of connections.",
    Level.OBSERVABLE: (
        "What users and operators see of a pool: its interface to the client and what it prints."
    ),
}
"""What a pool claims that upholds all clauses of a level."""


CAPABILITIES: Mapping[Capability, str] = {
    Capability.CONTEXT_MANAGER: (
        "`with pool.connection() as connection:` acquires a connection, and releases it at the end "
        "of the block."
    ),
    Capability.CLIENT: (
        "A client of the redis-py family takes the pool: `redis.Redis(connection_pool=pool)`."
    ),
}
"""What a pool may offer or not."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence that two honest readers read differently, and how it is meant."""

    clauses: tuple[str, ...]
    meant: str


READINGS = (
    Reading(
        ("ORD-1", "ORD-3"),
        "When the connection at the front turns out to be closed, the pool may open it again, or "
        "discard it and take the next. The order of the others stays.",
    ),
    Reading(
        ("ORD-3",),
        "A pool may open all its connections when it is built, and hand out another one at each of "
        "the first acquires. The clause is about opening while something is idle.",
    ),
    Reading(
        ("BND-1",),
        "What counts is what callers hold at any instant, and what the server sees once nothing "
        "moves: the server may hear of a new connection before it hears that the one it replaces "
        "was closed.",
    ),
    Reading(
        ("BND-4", "TMO-5"),
        "A ValueError and a TypeError are equally good, from the constructor or from the first "
        "acquire. An infinite `timeout` is not judged.",
    ),
    Reading(
        ("TMO-2",),
        "It is about the error. A waiter that gets its connection at the last instant may return a "
        "little after `timeout`.",
    ),
    Reading(
        ("TMO-4",),
        "Opening a connection is not waiting for one: how long that takes is bounded by the "
        "connection's own timeouts.",
    ),
    Reading(
        ("TMO-5",),
        "With a `timeout` of 0 an acquire never waits for another caller's connection. "
        "It may still open one, which takes time.",
    ),
    Reading(
        ("RET-1",),
        "Which caller is the next, when several wait, is not said here. A pool that takes "
        "connections back in the background must have done so when the release returns.",
    ),
    Reading(
        ("ORD-1", "ORD-2", "ORD-3"),
        "A connection counts as idle only once a caller has released it. Since when one that was "
        "opened ahead of need is ready, nobody outside knows.",
    ),
    Reading(
        ("TMO-5",),
        "That None waits for ever is tried for as long as a program lasts. A pool that gives up "
        "after many seconds passes.",
    ),
    Reading(
        ("RET-3",),
        "Once somebody has acquired the connection again, a second release by its former holder "
        "cannot be told from a release by the new one, and is not judged.",
    ),
    Reading(
        ("RET-3", "RET-4"),
        "The pool may raise or stay silent. What counts is how it goes on.",
    ),
    Reading(
        ("RET-5",),
        "A release may close the connection. A pool may make sure that a connection is clean when "
        "it is released or when it is next handed out.",
    ),
)
