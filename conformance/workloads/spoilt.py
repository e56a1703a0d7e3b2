"""Connections that are no good any more when a pool looks at them, or has them back.

A look at an idle one raises something; or one that is in use has been marked as one to be opened again,
so that its release has something to close, which may fail, or be cancelled half-way.
"""

from poolproof.spec import Capability
from poolproof.spec.model.conditions import Condition

from ..programs.fault_kinds import Spoiling
from ..programs.operations import (
    BeginFailing,
    Cancelled,
    CutHeld,
    EndOutage,
    LetClose,
    Operation,
    Spoil,
)
from ..programs.schedule import Cancellation
from ..programs.setup import WITH_FAILING_CONNECTIONS
from .durations import CROWD_S, PATIENT_WITH_OUTAGES_S
from .scenario import ASK, Scenario, give, staged
from .workload import Workload

LOOKS: tuple[Spoiling, ...] = ("look times out", "look fails")

SUSPENSIONS = (
    Cancellation(0, late=False),
    *(Cancellation(at, late=late) for at in (1, 2, 3) for late in (False, True)),
)
"""Where in a release its caller is cancelled: before it, and where it may wait until it has closed."""

LOOKED_AT = tuple(
    staged(f"idle connections of which each {how}", 2, (Spoil(how),), idle=2, after=(ASK, ASK))
    for how in LOOKS
)
"""Callers who come when a look at any idle connection raises."""

CLOSED_IN_VAIN = tuple(
    staged(
        "released to be opened again, while closing fails",
        2,
        (BeginFailing("closing"),),
        holding=2,
        waiting=waiting,
        shown=True,
        meanwhile=(Spoil("due"),),
        after=(give(1), give(2), EndOutage()),
        timeout_s=PATIENT_WITH_OUTAGES_S,
    )
    for waiting in (1, 0)
)
"""A release that closes what it has back, and is told that this went wrong."""


def _cancelled(broken: Operation, waiting: int, at: Cancellation) -> Scenario:
    return staged(
        "cancelled while it releases what is no good any more",
        1,
        (Cancelled(give(1), at),),
        holding=1,
        waiting=waiting,
        shown=True,
        meanwhile=(broken,),
        needs=frozenset({Capability.ASYNCIO}),
    )


CANCELLED = tuple(
    _cancelled(broken, waiting, at)
    for broken in (Spoil("due"), CutHeld(1))
    for waiting in (0, 1)
    for at in SUSPENSIONS
)
"""Callers who are cancelled while their connection is being closed. Another may wait for its slot."""

SLOWLY_CLOSED = (
    staged(
        "released while another is being closed, slowly",
        2,
        (give(1),),
        holding=2,
        shown=True,
        meanwhile=(Spoil("slow"),),
        after=(give(2), LetClose()),
    ),
    staged(
        "asked for while another is being closed, slowly",
        2,
        (give(1),),
        holding=1,
        shown=True,
        meanwhile=(Spoil("slow"),),
        after=(ASK, LetClose()),
    ),
    *(
        staged(
            "cancelled while it releases, and another is being closed, slowly",
            2,
            (give(1),),
            holding=2,
            shown=True,
            meanwhile=(Spoil("slow"),),
            after=(Cancelled(give(2), at), LetClose()),
            needs=frozenset({Capability.ASYNCIO}),
        )
        for at in SUSPENSIONS[:3]
    ),
)
"""A release that takes long, because closing a connection does, holds up nobody else."""

SPOILT = Workload(
    about="connections that are no good any more when a pool looks at them or has them back",
    brings=frozenset(
        {
            Condition.CUT_IDLE,
            Condition.CUT_HELD,
            Condition.OUTAGE,
            Condition.CANCELLED_RELEASING,
        }
    ),
    timeout_s=CROWD_S,
    setup=WITH_FAILING_CONNECTIONS,
    quiescent_only=True,
    scenarios=(*LOOKED_AT, *CLOSED_IN_VAIN, *CANCELLED, *SLOWLY_CLOSED),
)
