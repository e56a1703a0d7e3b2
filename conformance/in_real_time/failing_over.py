"""Failing over: a program in which the server is a replica for a while, and refuses whoever writes.

Two holders are refused, and a client that uses the pool; then all connections are asked for, while it
is a replica and when it leads again. A refusal is a reply like any other: connections are as good as
before, and a pool owes what it owes on any day, so that the clauses for those days judge it.
"""

from collections.abc import Sequence

from poolproof.conformance.court import Court
from poolproof.conformance.playing import run_possible
from poolproof.conformance.preparation import Prepared
from poolproof.conformance.program import Build, Demote, Operation, Promote, Write, WriteByClient
from poolproof.conformance.server.faults import FaultFailed
from poolproof.conformance.themes import CROWD_S, Theme
from poolproof.spec import Capability

from .written import ASK, GIVE_BOTH, MAX_CONNECTIONS, terms_for

BY_HOLDERS: Sequence[Operation] = (
    *(ASK, ASK),
    *(Demote(), Write(1), Write(2), *GIVE_BOTH),
)
BY_A_CLIENT: Sequence[Operation] = (WriteByClient("A"),) * (MAX_CONNECTIONS + 1)
"""More often than there are slots."""


def fail_over(court: Court, prepared: Prepared) -> tuple[str, ...]:
    """Run it, and let the court judge. Returns what is to be told if that was not possible."""
    if court.time_is_up or not court.drivers.server_can_fail:
        return ()
    by_a_client = BY_A_CLIENT if Capability.CLIENT in prepared.offers else ()
    court.take_a_step()
    driver = court.new_driver(Theme.CROWD)
    driver.run_one(Build("A", terms_for(court, CROWD_S)))
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
