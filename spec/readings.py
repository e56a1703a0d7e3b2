"""Readings: sentences of the specification that can be read in two ways, and how they are meant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence that two honest readers read differently, and how it is meant."""

    clauses: tuple[str, ...]
    meant: str


READINGS = (
    Reading(
        ("ORD-1", "ORD-3", "BRK-1"),
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
        "Which caller is the next, when several wait, is the matter of [FAIR-1](#FAIR-1). A pool that "
        "takes connections back in the background must have done so when the release returns.",
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
    Reading(
        ("FAIR-1", "FAIR-2", "PRG-1"),
        "That somebody waits is known only when nothing moves any more. Before that, a caller may "
        "have been served and not have returned yet: the order in which acquires return is not the "
        "order in which they are served, and proves nothing.",
    ),
    Reading(
        ("FAIR-1", "FAIR-2", "PRG-1"),
        "Connecting is not waiting. A caller that is served in its turn and then takes long to connect "
        "has not been overtaken.",
    ),
    Reading(
        ("FAIR-1", "FAIR-2", "PRG-1", "CAN-1", "REE-1", "BRK-3", "CLS-1", "CLS-3"),
        "A caller may look again from time to time instead of being told, and a pool may repair in the "
        "background what has broken. Each is given a second for it, as long as the caller's `timeout` "
        "is not over, before anybody is said to wait.",
    ),
    Reading(
        ("PRG-1",),
        "While the server keeps callers waiting that connect, the clause speaks only of idle "
        "connections. A pool may open its connections one at a time, or several at once.",
    ),
    Reading(
        ("ORD-1", "ORD-2", "TMO-6", "CAN-2"),
        "A connection that is offered to a waiter whose time is over, or who is cancelled, at that "
        "moment goes to the next waiter. When nobody waits, it may go to either end of the queue.",
    ),
    Reading(
        ("CAN-2", "CAN-3"),
        "An acquire may also come to its end as if its caller had not been cancelled, and return the "
        "connection. What it may not do is go on waiting.",
    ),
    Reading(
        ("CAN-1", "CAN-3"),
        "A thread gets a KeyboardInterrupt only while it waits or connects. One that arrives between "
        "two instructions of the pool is not judged: hardly any Python code could withstand that.",
    ),
    Reading(
        ("CAN-1", "CAN-2"),
        "Before Python 3.12 `asyncio.wait_for` itself can swallow a cancellation. That is never held "
        "against the pool.",
    ),
    Reading(
        ("CAN-2",),
        "An `asyncio.Condition` of CPython before 3.13 loses a notification when the waiter that was "
        "notified is cancelled ([gh-112202](https://github.com/python/cpython/issues/112202)). A pool "
        "that is built on one and does nothing about it fails there, and its callers do lose "
        "connections; the report names the Python.",
    ),
    Reading(
        ("CAN-4",),
        "A release that is a plain function, or a coroutine that never suspends, cannot be cancelled "
        "in the middle. It upholds the clause.",
    ),
    Reading(
        ("PRG-1",),
        "To open a connection includes to log in. While one caller is kept waiting there, another one "
        "still gets an idle connection.",
    ),
    Reading(
        ("BRK-1", "BRK-3"),
        "It is about what a socket shows. That nothing comes through any more, without a word, nobody "
        "sees before a command has not been answered.",
    ),
    Reading(
        ("BRK-2",),
        "It is about bytes that are there when the connection is handed out. A reply that is still to "
        "come hardly any pool can know of: that a connection which is released too early is not lent "
        "on is to be wished for, and is not judged.",
    ),
    Reading(
        ("BRK-2", "BRK-6"),
        "A pool may read what is left, or close the connection. What the server sends by itself to a "
        "client that speaks RESP3 is not a reply, and may be dropped.",
    ),
    Reading(
        ("BRK-3",),
        "The pool may discard the connection or open it again, when it is released or when it is next "
        "handed out. Its holder may have closed it before.",
    ),
    Reading(
        ("BRK-4",),
        "Whether connecting is tried several times, and which error is raised, is left to the pool, as "
        "long as it is not the one that this pool raises when it is exhausted.",
    ),
    Reading(
        ("BRK-4", "BRK-5"),
        "What counts is how the pool goes on when the server can be reached again. As many acquires "
        "may fail then as there may be connections, since each may come upon one that is broken.",
    ),
    Reading(
        ("CLS-1", "CLS-2"),
        "An acquire that is connecting when the pool is closed may fail at once or after the connect, "
        "or get the connection. It leaves none open in the pool.",
    ),
    Reading(
        ("BND-1", "BND-3", "RET-2"),
        "A holder may let go of its connection without releasing it, and leave it to the garbage "
        "collector. A pool need not get the slot back. If it does, the connection in it is open no "
        "longer when another is opened in its place, or has a new holder, and only one.",
    ),
    Reading(
        ("CLS-1", "CLS-2"),
        "Closing may wait until those have released who hold a connection, or may cut them off. What "
        "the clauses demand holds from when it returns.",
    ),
    Reading(
        ("CLS-3",),
        "Connections in use may be closed too, or left to their holders. Whoever is in the middle of "
        "an acquire then may fail.",
    ),
    Reading(
        ("FRK-1",),
        "The child may close its copies of its parent's sockets. The connections live on as long as "
        "the parent has its own, unless they are shut down.",
    ),
    Reading(
        ("FRK-1", "FRK-2"),
        "Whether the parent has to open an idle connection again afterwards is not judged: a pool may "
        "close those itself. What counts is that the one in use works, and that all slots can be used.",
    ),
    Reading(
        ("FRK-2",),
        "Another thread is made to stand still at lines of the pool's own code while the process "
        "forks. A pool may also have the fork wait until nobody is inside.",
    ),
    Reading(
        ("FRK-3",),
        "The pool may close the child's copy of the socket, or leave it open. A child that never "
        "releases what it inherited does no wrong either.",
    ),
    Reading(
        ("REE-1",),
        "It is tried at each function that a call of the pool enters. A finalizer may run between any "
        "two instructions, and not all of these places are tried.",
    ),
    Reading(
        ("OPT-1", "OPT-2"),
        "A pool may look for old connections when it hands one out, or from time to time, and may let "
        "some live a little longer than others. Only one that is more than twice as old as allowed "
        "convicts it. Idle counts from the release, whatever the pool has sent on it since. What grows "
        "too old in use is closed when it is released, or not handed out again.",
    ),
    Reading(
        ("OPT-4",),
        "A pool may serve callers while it waits for holders, or turn them away; who acquires "
        "meanwhile need not be waited for. It may look from time to time whether the period is over.",
    ),
    Reading(
        ("OPT-5",),
        "It may open them when it is built, when it is first used, or in the background, and look from "
        "time to time: soon is within a minute by the clocks of Python's `time` and of the event loop, "
        "or within two seconds by any other. Nothing is asked while any is in use, nor after one "
        "broke that no holder had closed.",
    ),
)
