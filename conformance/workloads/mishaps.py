"""Scenarios of mishaps: what callers forget, what interrupts them, and connections that fail or end."""

from poolproof.spec import Capability

from ..programs.fault_kinds import FAILURES, MEANS, REFUSALS, SIGNALS, Refusal
from ..programs.operations import (
    BeginFailing,
    BeginOutage,
    ClosePool,
    DisconnectPool,
    EndOutage,
    Forget,
    HoldConnects,
    InterruptCommand,
    LetConnect,
    Reauthenticate,
)
from .scenarios import ASK, Scenario, give, staged
from .themes import PATIENT_WITH_OUTAGES_S

SAID: dict[Refusal, str] = {
    "refused": "nobody listens to",
    "full": "there is no room for",
    "locked": "a password is asked of",
}

FORGOTTEN = (
    staged(
        "a connection that its holder lets go of, while a caller waits",
        2,
        (Forget(1),),
        holding=2,
        waiting=1,
        shown=True,
        after=(give(2), ASK, ASK, ASK),
    ),
    staged(
        "connections that their holders let go of",
        2,
        (Forget(1),),
        holding=2,
        shown=True,
        after=(ASK, Forget(2), ASK, ASK, ASK),
    ),
)
"""Callers who never release; more come then than there are slots."""


def interrupted_commands(*, asyncio: bool) -> tuple[Scenario, ...]:
    """Tasks, or threads, that give a command to a client."""
    return tuple(
        staged(
            f"a command that is interrupted by {by} while its reply is on its way",
            1,
            (InterruptCommand("A", by),),
            idle=1,
        )
        for by in (MEANS if asyncio else SIGNALS)
    )


TURNED_AWAY = tuple(
    scenario
    for how in REFUSALS
    for scenario in (
        staged(
            f"{SAID[how]} who connects, while another waits for the slot",
            1,
            (HoldConnects(),),
            shown=True,
            after=(ASK, ASK, BeginOutage(how), LetConnect(), EndOutage()),
            timeout_s=PATIENT_WITH_OUTAGES_S,
        ),
        staged(
            f"{SAID[how]} more callers than there are slots",
            2,
            (BeginOutage(how),),
            shown=True,
            after=(ASK, ASK, ASK, EndOutage()),
        ),
    )
)
"""Callers who find nobody, no room, or no admission."""


REAUTHENTICATED = (
    staged(
        "told of new credentials while one connection is in use and another is idle",
        2,
        (Reauthenticate("A"),),
        idle=2,
        holding=1,
        after=(ASK,),
    ),
    staged(
        "told of new credentials while all connections are idle",
        2,
        (Reauthenticate("A"),),
        idle=2,
        after=(ASK,),
    ),
)
"""Pools that are told of new credentials, and whom that delays."""


FAILED = tuple(
    staged(
        f"{how} connections fails for more callers than there are slots",
        2,
        (BeginFailing(how),),
        idle=idle,
        shown=True,
        after=(ASK, ASK, ASK, EndOutage()),
    )
    for how, idle in zip(FAILURES, (0, 0, 2, 2), strict=True)
)
"""Connections that fail in this process, for a while: new ones, or such as are idle."""


RELEASING_FAILS = staged(
    "released while closing fails",
    2,
    (BeginFailing("closing"),),
    holding=2,
    waiting=1,
    shown=True,
    after=(give(1), give(2), EndOutage()),
)
"""Connections that raise when they are closed: by a pool that closes what it takes back."""


DISCONNECTING_FAILS = staged(
    "disconnected while closing fails",
    2,
    (BeginFailing("closing"),),
    idle=2,
    shown=True,
    after=(DisconnectPool("A"), EndOutage()),
)
"""The same, by one that disconnects."""


ENDING_FAILS = staged(
    "closed while closing connections fails",
    2,
    (BeginFailing("closing"),),
    idle=2,
    after=(ClosePool("A"), EndOutage()),
)
"""The same, by one that is closed."""


def failing(offers: frozenset[Capability]) -> tuple[Scenario, ...]:
    """What can fail in pools that offer this."""
    scenarios = [*FAILED, RELEASING_FAILS]
    if Capability.DISCONNECT in offers:
        scenarios.append(DISCONNECTING_FAILS)
    if Capability.CLOSE in offers:
        scenarios.append(ENDING_FAILS)
    return tuple(scenarios)
