"""Pools that are told of new credentials, and whom that delays."""

from poolproof.spec import Capability
from poolproof.spec.model.events import ReauthCalled

from ..programs.operations import Reauthenticate
from .scenario import ASK, staged
from .workload import Workload

REAUTHENTICATION = Workload(
    about="pools that are told of new credentials",
    needs=frozenset({Capability.REAUTHENTICATION}),
    brings=frozenset({ReauthCalled}),
    scenarios=(
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
    ),
)
