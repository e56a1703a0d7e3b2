"""The glossary: the words of the specification, each with one meaning.

The words are the ones of the field. They stand in reading order: a word is explained before it is
used to explain another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .clause import Level


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
    Term(
        "caller",
        "A thread of the application, or a task of its event loop (asyncio), that asks a pool for a "
        "connection.",
    ),
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
        "How many connections a pool may have, counting those that are in use, idle or being opened.",
    ),
    Term(
        "slot",
        "One of the `max_connections` places of a pool. It has a connection or is empty. "
        "It is free when nobody holds its connection and no connection is being opened in it. "
        "It is lost when no caller can get a connection in it any more.",
    ),
    Term("exhausted", "Said of a pool whose `max_connections` connections are all in use."),
    Term(
        "waiter",
        "A caller whose acquire has not returned because there was no connection and no slot for it. "
        "A caller whose connection is being opened is connecting, and is no waiter.",
    ),
    Term("newcomer", "A caller whose acquire begins when others wait already."),
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
        "cancel",
        "To end a call from outside, before it returns. A task is cancelled by another task, or by a "
        "deadline around the call; a thread gets a KeyboardInterrupt.",
    ),
    Term(
        "`socket_timeout`",
        "How many seconds a holder waits for the server's reply. "
        "It is a setting of the connection, and has nothing to do with `timeout`.",
    ),
    Term(
        "second release",
        "The release of a connection by a caller that has released it already, while nobody has "
        "acquired it since.",
    ),
    Term("foreign connection", "A connection that another pool handed out."),
    Term(
        "client",
        "The library through which an application speaks to the server, such as redis-py. "
        "It acquires and releases on behalf of the application.",
    ),
    Term(
        "cut",
        "To end a connection from outside: the server closes it, or the network ends it. A connection "
        "that was cut is broken, and does not work.",
    ),
    Term(
        "outage",
        "A time during which the server lets nobody connect, or does not answer at all, or during "
        "which the pool's own process fails to make, open, look at or close connections.",
    ),
    Term(
        "interrupt",
        "To end a client's command before it returns, by an exception from outside, a cancellation "
        "or a timeout. Its reply is outstanding if the command was sent and the reply not read.",
    ),
    Term(
        "to close a pool",
        "To end its life. In redis-py's interface the method is `close`, for asyncio `aclose`.",
    ),
    Term(
        "to disconnect a pool",
        "To make it close its connections and go on. In redis-py's interface the method is "
        "`disconnect`.",
    ),
    Term(
        "fork",
        "To split a process in two: the child begins as a copy of its parent. It inherits the parent's "
        "open connections, so that both can use them, and only the thread that forked.",
    ),
    Term(
        "nothing moves",
        "Said of a moment at which no caller can go on until another caller acts, the server answers "
        "or time passes. The field calls such a moment quiescent.",
    ),
    Term(
        "seen to wait",
        "Said of a caller that is not connecting, and whose acquire has not returned when nothing "
        "moves.",
    ),
    Term(
        "history",
        "All that was seen of some pools from outside, in the order in which it was seen.",
    ),
)


LEVELS: Mapping[Level, str] = {
    Level.CORE: "Order, bounded size, timeout errors and the return of connections.",
    Level.CONCURRENT: (
        "What many callers at once may rely on: fairness, progress, cancellation and re-entrancy."
    ),
    Level.RESILIENT: (
        "What becomes of a pool when connections break, when the server is away, and when the pool is "
        "closed."
    ),
    Level.OBSERVABLE: (
        "What users and operators see of a pool: its interface to the client and what it prints."
    ),
}
"""What each level is about. A pool claims a level if it upholds all of its clauses."""
