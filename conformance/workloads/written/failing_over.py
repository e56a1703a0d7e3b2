"""Failing over: a program in which the server is a replica for a while, and refuses whoever writes.

Two holders are refused, and a client that uses the pool; then all connections are asked for, while it
is a replica and when it leads again. A refusal is a reply like any other: connections are as good as
before, so that the clauses for any day judge the pool. One that lends connections to a primary only
may turn callers away meanwhile; it is judged if it still does so afterwards.
"""

from collections.abc import Sequence

from poolproof.spec import Capability
from poolproof.spec.model.events import AcquireFailed, Event, Overdue

from ...adapters.probe import Prepared
from ...callers.playing import run_possible
from ...faults.server.server_faults import FaultFailed
from ...programs.operations import Demote, Operation, Pass, Promote, Write, WriteByClient
from ..context import CheckContext
from ..durations import CROWD_S
from .two_slots import ASK, GIVE_BOTH, MAX_CONNECTIONS, built

BY_HOLDERS: Sequence[Operation] = (*(ASK, ASK), *(Demote(), Write(1), Write(2), *GIVE_BOTH))
LONG_ENOUGH_S = 60.0
"""How long a pool may go on taking the server for a replica."""

BY_A_CLIENT: Sequence[Operation] = (WriteByClient("A"),) * (MAX_CONNECTIONS + 1)
"""More often than there are slots."""


def fail_over(context: CheckContext, prepared: Prepared) -> tuple[str, ...]:
    """Run it, and let the checker judge. Returns what is to be told if that was not possible."""
    asked = context.checker.may_learn_from(frozenset())
    if not asked or not context.drivers.server_can_fail or not context.time.allows_another():
        return ()
    by_a_client = BY_A_CLIENT if Capability.CLIENT in prepared.offers else ()
    context.on_step()
    driver = context.new_driver()
    driver.run_one(built(context, CROWD_S))
    try:
        run_possible(driver, (*BY_HOLDERS, *by_a_client, ASK, ASK, Promote()))
        meanwhile = len(driver.events)
        run_possible(driver, (Pass(LONG_ENOUGH_S),))
    except FaultFailed as reason:
        driver.close()
        return (f"the server did not fail over: {reason}",)
    finally:
        context.drivers.open_the_server()
    driver.finish()
    turned_away = any(isinstance(event, AcquireFailed) for event in driver.events[:meanwhile])
    if not turned_away or _denies(driver.events[meanwhile:]):
        context.checker.judge(driver.events)
    return ()


def _denies(events: Sequence[Event]) -> bool:
    return any(isinstance(event, AcquireFailed | Overdue) for event in events)
