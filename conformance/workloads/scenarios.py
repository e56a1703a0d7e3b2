"""Scenarios: the smallest programs in which callers can get in each other's way.

There are few enough of them, and each is small enough, to try every course that one can take. Calls
are numbered from 1 in the order in which they are made.
"""

from dataclasses import dataclass

from ..callers.factory import Driver
from ..programs.operations import (
    Acquire,
    Cancel,
    Cancelled,
    ClosePool,
    DisconnectPool,
    Elapse,
    HoldConnects,
    LetConnect,
    Operation,
    Pass,
    Release,
    ReleaseInside,
    renumbered,
)
from ..programs.schedule import Cancellation
from .themes import CROWD_S, GRACE_S

ASK = Acquire("A")


def give(acquire: int) -> Release:
    """The release of what a call got."""
    return Release(acquire, "A")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What has happened one after another, and what happens then at once."""

    name: str
    max_connections: int
    before: tuple[Acquire | Release, ...]
    """What one caller does after another before anybody waits."""
    holding: frozenset[int]
    """The calls that must hold a connection by then; else the scenario says nothing of this pool."""
    waiting: frozenset[int]
    """The calls that wait then."""
    waits: tuple[Operation, ...]
    """How they came to wait, one after another."""
    at_once: tuple[Operation, ...]
    after: tuple[Operation, ...] = ()
    """What happens then, one after another, as far as it still can."""
    timeout_s: float = CROWD_S
    """How long callers are to wait."""


def has_begun(driver: Driver, scenario: Scenario) -> bool:
    """Whether the pool got as far as the scenario begins."""
    holds = scenario.holding <= driver.holding.keys()
    return holds and scenario.waiting <= driver.waiting.keys()


def staged(
    name: str,
    max_connections: int,
    at_once: tuple[Operation, ...],
    *,
    holding: int = 0,
    waiting: int = 0,
    apart_s: float = 0.0,
    idle: int = 0,
    shown: bool = False,
    after: tuple[Operation, ...] = (),
    timeout_s: float = CROWD_S,
) -> Scenario:
    """So many callers hold a connection, then so many wait; some connections may be idle before.

    So much time passes after each caller who begins to wait that their ends are `apart_s`.
    Another pool may have `shown` before that its slots can all be used, and that waiters are served.
    """
    before: tuple[Acquire | Release, ...] = ()
    if shown:
        before = ((Acquire("B"),) * (max_connections + 1)) + (Release(1, "B"),)
    earlier = len(before)
    before += (ASK,) * idle + tuple(give(earlier + call + 1) for call in range(idle))
    first = len(before) + 1

    def later(call: int) -> int:
        return call + earlier

    return Scenario(
        name,
        max_connections,
        (*before, *(ASK for _ in range(holding))),
        frozenset(range(first, first + holding)),
        frozenset(range(first + holding, first + holding + waiting)),
        ((ASK, Pass(apart_s)) if apart_s else (ASK,)) * waiting,
        tuple(renumbered(operation, later) for operation in at_once),
        tuple(renumbered(operation, later) for operation in after),
        timeout_s,
    )


MEETINGS = (
    staged("two callers, one slot", 1, (ASK, ASK)),
    staged("two callers, one idle connection", 1, (ASK, ASK), idle=1),
    staged("a caller and a release", 1, (ASK, give(1)), holding=1),
    staged("a release, one waiter and a newcomer", 1, (give(1), ASK), holding=1, waiting=1),
    staged("a release and two waiters", 1, (give(1),), holding=1, waiting=2),
    staged("a release and the end of a wait", 1, (give(3), Elapse()), idle=1, holding=1, waiting=1),
    staged(
        "a release, the end of a wait and one who came later",
        1,
        (give(1), Elapse()),
        holding=1,
        waiting=2,
        apart_s=CROWD_S / 4,
    ),
    staged(
        "a release, and one who came later and waits in vain",
        1,
        (give(1),),
        holding=1,
        waiting=2,
        apart_s=CROWD_S / 4,
        after=(Elapse(),),
    ),
    staged("two releases and two waiters", 2, (give(1), give(2)), holding=2, waiting=2),
    staged("two releases and a caller", 2, (give(1), ASK, give(2)), holding=2),
    staged("three callers, two slots", 2, (ASK, ASK, ASK)),
)
"""Callers that meet: tried under all schedules, or in all orders in which they can begin."""


MISUSES = (
    staged(
        "released twice",
        2,
        (give(1),),
        holding=2,
        after=(Release(1, "A", again=True), give(2)),
    ),
    staged(
        "released twice, while all others are in use",
        1,
        (give(1),),
        holding=1,
        after=(Release(1, "A", again=True),),
    ),
    Scenario(
        "released to another pool",
        1,
        (Acquire("B"), ASK, give(2), ASK),
        frozenset({1, 4}),
        frozenset(),
        (),
        (Release(1, "A"),),
        (give(4),),
    ),
)
"""Callers who release what is not theirs to release."""


LATE = (
    staged(
        "one who has waited in vain, and one who comes after",
        1,
        (Elapse(),),
        idle=1,
        holding=1,
        waiting=1,
        after=(ASK, give(3)),
    ),
)
"""Callers whose time is over before anything is released."""


CLOSED = (
    staged(
        "closed while a caller waits",
        1,
        (ClosePool("A"),),
        holding=1,
        waiting=1,
        after=(give(1), ASK, ClosePool("A")),
    ),
    staged(
        "closed while one connection is idle and one in use",
        2,
        (ClosePool("A"),),
        holding=1,
        idle=2,
        after=(give(5), ASK, ClosePool("A")),
    ),
)
"""Pools that are closed in use, and once more."""


GIVEN_TIME = (
    staged(
        "closed with a grace period, in which all is released",
        1,
        (ClosePool("A", GRACE_S),),
        holding=1,
        after=(Pass(GRACE_S / 2), give(1)),
    ),
    staged(
        "closed with a grace period, and something is in use for longer",
        1,
        (ClosePool("A", GRACE_S),),
        holding=1,
        after=(Pass(2 * GRACE_S), give(1)),
    ),
)
"""Pools that are closed in use, and wait for that."""


DISCONNECTED = (
    staged(
        "disconnected while a caller waits",
        1,
        (DisconnectPool("A"),),
        holding=1,
        waiting=1,
        shown=True,
        after=(give(1),),
    ),
    staged(
        "disconnected while one connection is idle and one in use",
        2,
        (DisconnectPool("A"),),
        holding=1,
        idle=2,
        shown=True,
        after=(give(5),),
    ),
)
"""Pools that are disconnected in use."""


INTERRUPTED = (
    staged("interrupted while it waits", 1, (Cancel(2),), holding=1, waiting=2, shown=True),
    staged("interrupted while it waits alone", 1, (Cancel(2),), holding=1, waiting=1, shown=True),
    staged(
        "interrupted while it connects",
        1,
        (HoldConnects(),),
        shown=True,
        after=(ASK, Cancel(1), LetConnect()),
    ),
)
"""Callers that are interrupted where they stand."""


def released_inside(point: int) -> tuple[Scenario, ...]:
    """Scenarios in which a connection is released at this point of another call, by the same thread."""
    return (
        staged(
            "a release inside an acquire that opens a connection",
            2,
            (ReleaseInside(ASK, point, give(1)),),
            holding=1,
            shown=True,
        ),
        staged(
            "a release inside an acquire that finds an idle connection",
            2,
            (ReleaseInside(ASK, point, give(5)),),
            holding=1,
            shown=True,
            idle=2,
        ),
        staged(
            "a release inside an acquire that finds all in use",
            1,
            (ReleaseInside(ASK, point, give(1)),),
            holding=1,
            shown=True,
        ),
        staged(
            "a release inside a release",
            2,
            (ReleaseInside(give(1), point, give(2)),),
            holding=2,
            shown=True,
        ),
        staged(
            "a release inside a release that serves a waiter",
            2,
            (ReleaseInside(give(1), point, give(2)),),
            holding=2,
            shown=True,
            waiting=1,
        ),
    )


def cancelled_at(at: Cancellation) -> tuple[Scenario, ...]:
    """Scenarios in which one caller is cancelled at this point."""
    asked, given = Cancelled(ASK, at), Cancelled(give(1), at)
    return (
        staged("cancelled while it opens a connection", 1, (asked,), shown=True),
        staged("cancelled while it takes an idle connection", 1, (asked,), idle=1, shown=True),
        staged(
            "cancelled while it waits, or when it is served",
            1,
            (asked,),
            holding=1,
            shown=True,
            after=(ASK, give(1), ASK),
        ),
        staged("cancelled while it releases", 1, (given,), holding=1, shown=True),
        staged("cancelled while it serves a waiter", 1, (given,), holding=1, waiting=1, shown=True),
    )
