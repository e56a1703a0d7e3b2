"""Failing over: a program in which the server is a replica for a while, and refuses whoever writes.

Two holders are refused, and a client that uses the pool; then all connections are asked for, while it
is a replica and when it leads again. A refusal is a reply like any other: connections are as good as
before, and a pool owes what it owes on any day, so that the clauses for those days judge it.
"""

from collections.abc import Sequence

from poolproof.spec import Capability
from poolproof.spec.events import Terms

from .court import Court
from .preparation import Prepared
from .program import Acquire, Build, Demote, Operation, Promote, Release, Write, WriteByClient
from .restarts import run_possible
from .server.faults import FaultFailed
from .themes import CROWD_S, Theme

MAX_CONNECTIONS = 2

ASK = Acquire("A")

BY_HOLDERS: Sequence[Operation] = (
    *(ASK, ASK),
    *(Demote(), Write(1), Write(2), Release(1, "A"), Release(2, "A")),
)
BY_A_CLIENT: Sequence[Operation] = (WriteByClient("A"),) * (MAX_CONNECTIONS + 1)
"""More often than there are slots."""


def fail_over(court: Court, prepared: Prepared) -> tuple[str, ...]:
    """Run it, and let the court judge. Returns what is to be told if that was not possible."""
    if court.time_is_up or not court.drivers.server_can_fail:
        return ()
    by_a_client = BY_A_CLIENT if Capability.CLIENT in prepared.offers else ()
    takes_timeout = "timeout" in court.settings.takes
    terms = Terms(MAX_CONNECTIONS, CROWD_S if takes_timeout else None, takes_timeout)
    court.take_a_step()
    driver = court.new_driver(Theme.CROWD)
    driver.run_one(Build("A", terms))
    try:
        run_possible(driver, (*BY_HOLDERS, *by_a_client, ASK, ASK, Promote()))
    except FaultFailed as reason:
        driver.close()
        return (f"the server did not fail over: {reason}",)
    finally:
        court.drivers.open_the_server()
    driver.finish()
    court.judge(driver.events, drawn=False)
    return ()
